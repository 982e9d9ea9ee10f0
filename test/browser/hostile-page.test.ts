import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import { noBrowser, overflowing, startBrowser, type Watched, watch } from "../support/browser.ts";
import { policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const MARKUP = `"'></script></style></title><img src=x onerror="hit=1"><script>hit=2</script><svg onload="hit=3">`;
const RIGHT_TO_LEFT = "\u202egnp.exe\u2066\u200f";
const TERMINAL = "\u001b[2J\u001b]8;;https://evil.example/\u0007click\u001b[0m\u0000";
const MEGABYTE = "W".repeat(1_048_576);
const PILED = `Z${"\u0335\u0489\u0301".repeat(400)}`;
const NASTY = `${MARKUP}${RIGHT_TO_LEFT}${TERMINAL}${PILED}`;

/** All that npm's old names allow. */
const NAME = "it's-(bold)!~*";
const VERSION = "1.1.0-img.src.onerror-x+b.b";
const PATH = `/-/why/pkg:npm/${encodeURIComponent(NAME)}@${encodeURIComponent(VERSION)}`;

const PACKAGES = [
  {
    name: NAME,
    releases: [
      { version: "1.0.0" },
      {
        version: VERSION,
        deprecated: `${NASTY}${MEGABYTE}`,
        scripts: { preinstall: NASTY, install: MEGABYTE, postinstall: `a\rb\n${RIGHT_TO_LEFT}` },
        dependencies: { [NASTY]: NASTY, [MEGABYTE]: "1.x" },
        manifest: {
          description: NASTY,
          license: `${NASTY}${MEGABYTE}`,
          repository: { type: "git", url: "javascript:hit=4" },
          homepage: "javascript:hit=5",
          _npmUser: { name: NASTY, email: NASTY },
        },
      },
    ],
  },
];

const RECORD: OsvRecord = {
  id: "MAL-2026-1",
  modified: "2026-11-01T00:00:00Z",
  summary: `${NASTY}${MEGABYTE}`.slice(0, 100_000),
  affected: [{ package: { ecosystem: "npm", name: NAME }, versions: [VERSION] }],
  references: [{ type: "ADVISORY", url: "javascript:hit=6" }],
};

/** Its reason is what the publisher says. */
const ECHO = policyFile(
  "echo",
  `  rules:
    - name: deprecated
      condition: has(release.deprecated)
      verdict: quarantine
      message: It is deprecated.
      messageExpression: release.deprecated`,
);
const REPORTED = policyFile(
  "reported",
  `  variables:
    - { name: first, expression: "advisories[0]" }
  rules:
    - name: malware
      condition: size(advisories) > 0
      verdict: block
      message: It is reported.
      messageExpression: 'has(variables.first.summary) ? variables.first.summary : ""'`,
);

describe("the decision page of a hostile package", { skip: noBrowser }, () => {
  let browser: Browser;
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let page: Page;
  let watched: Watched;

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [REPORTED, ECHO] }, records: [RECORD] });
    proxy = await startTestProxy(folder, registry, { repository: "https://github.acme.example/security/policy" });
    browser = await startBrowser();
    page = await browser.newPage();
    watched = watch(page);
    await page.goto(`${proxy.publicUrl}${PATH}`, { waitUntil: "networkidle" });
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
  });

  after(async () => {
    await browser?.close();
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  it("shows what it says as text", async () => {
    const text = await page.locator("body").innerText();
    for (const shown of [
      NAME,
      VERSION,
      '<img src=x onerror="hit=1">',
      "<svg onload=",
      "Blocked",
      "preinstall",
      "javascript:hit=4",
    ])
      assert.ok(text.includes(shown), `${shown} is not shown`);
  });

  it("runs nothing, fetches nothing, and complains of nothing", async () => {
    assert.equal(await page.evaluate(() => (globalThis as { hit?: number }).hit), undefined);
    assert.deepEqual(watched, { requests: [`${proxy.publicUrl}${PATH}`], complaints: [] });
    assert.deepEqual(
      await page.evaluate(() => [...document.querySelectorAll("img, iframe, form, svg[onload]")].length),
      0,
    );
  });

  it("links only to the web, and to where it says", async () => {
    const links = await page.evaluate(() =>
      [...document.querySelectorAll("a")].map((link) => ({ url: link.href, rel: link.rel })),
    );
    const outside = links.filter(({ url }) => !url.startsWith(`${proxy.publicUrl}/`));
    assert.ok(outside.length > 0);
    assert.deepEqual(
      outside.filter(
        ({ url, rel }) => !url.startsWith("https://github.acme.example/") || rel !== "noopener noreferrer nofollow",
      ),
      [],
    );
  });

  it("holds no character that terminals act on, or that turns what is around it", async () => {
    const text = await page.evaluate(() => document.documentElement.outerHTML);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    assert.match(await page.locator("#scripts + p + ul").innerText(), /U\+202E/);
  });

  it("keeps within its bounds, in length and in width", async () => {
    const answer = await fetch(`${proxy.publicUrl}${PATH}`, { headers: { accept: "text/html" } });
    assert.ok((await answer.text()).length < 200_000);
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual(await overflowing(page), [], `${width}`);
    }
    assert.match(await page.locator("body").innerText(), /more characters/);
  });

  it("gives a command that installs what it says", async () => {
    const [command] = await page.locator(".first .command code").allTextContents();
    assert.equal(command, `npm install 'it'\\''s-(bold)!~*@1.0.0'`);
  });

  it("is told as well of what cannot be a package at all", async () => {
    for (const path of [
      `/-/why/${encodeURIComponent(NASTY)}`,
      `/-/why/pkg:npm/${encodeURIComponent(MARKUP)}`,
      `/${encodeURIComponent(MARKUP)}`,
    ]) {
      const other = await browser.newPage();
      const { requests, complaints } = watch(other);
      const answer = await other.goto(`${proxy.publicUrl}${path}`, { waitUntil: "networkidle" });
      assert.ok([400, 404].includes(answer?.status() ?? 0));
      assert.equal(requests.length, 1);
      assert.deepEqual(
        complaints.filter((complaint) => !complaint.startsWith("Failed to load resource")),
        [],
      );
      assert.deepEqual(await overflowing(other), []);
      await other.close();
    }
  });
});
