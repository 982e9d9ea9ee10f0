import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import {
  focused,
  noBrowser,
  overflowing,
  PATIENCE_MS,
  shownFirst,
  startBrowser,
  violations,
  watch,
} from "../support/browser.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const PACKAGES = [
  {
    name: "acme-colours",
    releases: [
      { version: "1.0.0" },
      { version: "1.0.1", scripts: { postinstall: "node collect.js" } },
      { version: "1.0.2" },
      { version: "1.1.0", published: "2026-11-21T12:00:00Z" },
    ],
  },
];
const EVIL = "/-/why/pkg:npm/acme-colours@1.0.1";
const FRESH = "/-/why/pkg:npm/acme-colours@1.1.0";
const GOOD = "/-/why/pkg:npm/acme-colours@1.0.2";
const PACKAGE = "/-/why/pkg:npm/acme-colours";
const MISSING = "/-/why/pkg:npm/acme-shapes@1.0.0";
const PATHS = { blocked: EVIL, held: FRESH, allowed: GOOD, package: PACKAGE, missing: MISSING };

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe("the decision page in a browser", { skip: noBrowser }, () => {
  let browser: Browser;
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({
      source: { policies: [MALWARE_POLICY, AGE_POLICY] },
      records: [malwareRecord("acme-colours", ["1.0.1"])],
    });
    proxy = await startTestProxy(folder, registry, { repository: "https://github.acme.example/security/policy" });
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(`${proxy.publicUrl}${path}`);
    return page;
  }

  it("leads who has a keyboard only past the head, to every command, and to how to ask", async () => {
    const page = await open(EVIL);
    await page.keyboard.press("Tab");
    assert.deepEqual(await focused(page), { name: "a", text: "Skip to the decision", isSeen: true });
    await page.keyboard.press("Enter");
    assert.equal((await focused(page)).name, "main");
    const stops: string[] = [];
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("Tab");
      const stop = await focused(page);
      if (stop.name === "body" || stop.text === "Skip to the decision") break;
      assert.ok(stop.isSeen, `the focus on ${stop.text} cannot be seen`);
      stops.push(`${stop.name} ${stop.text}`);
    }
    const wanted = [
      "button Copy the command",
      "summary With another client",
      "a Propose an approval",
      "summary The file to propose",
      "a MAL-2026-1",
      "summary The rule",
      "a All decisions on acme-colours",
    ];
    assert.deepEqual(
      stops.filter((stop) => wanted.includes(stop)).filter((stop, index, all) => all.indexOf(stop) === index),
      wanted,
      stops.join("\n"),
    );
    await page.context().close();
  });

  it("opens details by Enter, and shows the draft", async () => {
    const page = await open(EVIL);
    const details = page.locator("details", { hasText: "The file to propose" });
    await details.locator("summary").focus();
    await page.keyboard.press("Enter");
    assert.ok(await details.getByText("kind: Approval").isVisible());
    await page.keyboard.press("Enter");
    assert.ok(!(await details.getByText("kind: Approval").isVisible()));
    await page.context().close();
  });

  it("goes straight to how to ask by its address", async () => {
    const page = await open(`${EVIL}#request`);
    await shownFirst(page, "request");
    await page.context().close();
  });

  it("copies a command, under its own content security policy", async () => {
    const page = await open(EVIL, { permissions: ["clipboard-read", "clipboard-write"] });
    const { complaints } = watch(page);
    const copied = page.getByText("Copied").first().waitFor(); // it is shown for a moment
    await page.locator(".first button.copy").first().click();
    await copied;
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "npm install acme-colours@1.0.2");
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  for (const [name, path] of Object.entries(PATHS)) {
    it(`never scrolls sideways, however narrow the window (${name})`, async () => {
      const page = await open(path);
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
      });
      for (const width of [320, PHONE.width, 768, DESKTOP.width]) {
        await page.setViewportSize({ width, height: 844 });
        assert.deepEqual(await overflowing(page), [], `${width} pixels`);
      }
      await page.context().close();
    });

    it(`breaks no rule of accessibility, in both themes (${name})`, async () => {
      const page = await open(path);
      await page.evaluate(axe.source);
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], `${colorScheme}, ${viewport.width} pixels`);
        }
      }
      await page.context().close();
    });

    it(`asks nobody else, and breaks no rule of its own (${name})`, async () => {
      const context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const { requests, complaints } = watch(page);
      const answer = await page.goto(`${proxy.publicUrl}${path}`, { waitUntil: "networkidle" });
      assert.deepEqual(requests, [`${proxy.publicUrl}${path}`]);
      const isFailure = (answer?.status() ?? 0) >= 400; // of which the browser tells in the console
      assert.deepEqual(
        complaints.filter((complaint) => !(isFailure && complaint.includes("404"))),
        [],
      );
      await context.close();
    });
  }

  it("has a dark theme of its own", async () => {
    const groundIn = async (colorScheme: "light" | "dark") => {
      const page = await open(EVIL, { colorScheme });
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.context().close();
      return ground;
    };
    assert.equal(await groundIn("light"), "rgb(248, 247, 244)");
    assert.equal(await groundIn("dark"), "rgb(19, 20, 23)");
  });

  it("tells everything without scripts, and shows no button that would do nothing", async () => {
    const page = await open(EVIL, { javaScriptEnabled: false });
    assert.equal(await page.locator("h1").textContent(), "Blocked: acme-colours 1.0.1");
    assert.equal(await page.locator("button:visible").count(), 0);
    await page.locator("summary", { hasText: "The file to propose" }).click();
    assert.ok(await page.getByText("kind: Approval").isVisible());
    assert.ok(await page.getByText("npm install acme-colours@1.0.2").isVisible());
    await page.context().close();
  });

  it("is shown where a refused file is opened, with the status of a refusal", async () => {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const answer = await page.goto(`${proxy.npm}/acme-colours/-/acme-colours-1.0.1.tgz`);
    assert.equal(answer?.status(), 403);
    assert.match(await page.title(), /^acme-colours 1\.0\.1: blocked/);
    assert.ok(await page.getByText("Ask for an exception").isVisible());
    await context.close();
  });

  it("prints in black on white, with what is folded away", async () => {
    const page = await open(EVIL, { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    assert.ok(await page.getByText("kind: Approval").isVisible());
    assert.equal(await page.locator("button:visible").count(), 0);
    assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
    await page.context().close();
  });
});
