import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { Parser } from "htmlparser2";
import { PAGE_HEADERS } from "../../../core/page/layout.ts";
import { failurePage } from "../../../proxy/pages/failure.ts";
import { packagePage } from "../../../proxy/pages/package.ts";
import { releasePage } from "../../../proxy/pages/release.ts";
import { ALLOWED, BLOCKED, HELD, PACKAGE, reportOf, STRIPPED, summaryOf } from "../../support/reports.ts";

const URL_OF_PROXY = "https://packages.acme.example";
const MARKUP = `"'><img src=x onerror=alert(1)></script></style></pre><script>alert(2)</script><!--`;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function elementsOf(page: string): Element[] {
  const elements: Element[] = [];
  const parser = new Parser({ onopentag: (name, attributes) => elements.push({ name, attributes }) });
  parser.end(page);
  return elements;
}

/** The same with markup behind every text, whatever it means. */
function poisoned<T>(value: T, keep: readonly string[] = ["code", "decision", "purl", "verdict", "mode", "kind"]): T {
  if (typeof value === "string") return `${value}${MARKUP}` as T;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, keep)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, keep.includes(key) ? item : poisoned(item, keep)]),
  ) as T;
}

const REPORTS = { blocked: BLOCKED, held: HELD, stripped: STRIPPED, allowed: ALLOWED };
const PAGES = {
  blocked: releasePage(BLOCKED, URL_OF_PROXY),
  held: releasePage(HELD, URL_OF_PROXY),
  stripped: releasePage(STRIPPED, URL_OF_PROXY),
  allowed: releasePage(ALLOWED, URL_OF_PROXY),
  package: packagePage(PACKAGE, URL_OF_PROXY),
  failure: failurePage({ status: 404, message: "there is none", next: "Look again.", code: "NOT_FOUND" }),
};

describe("pages", () => {
  for (const [name, page] of Object.entries(PAGES)) {
    it(`have one h1, headings in order, and the landmarks (${name})`, () => {
      const elements = elementsOf(page);
      const levels = elements.flatMap((element) => (/^h[1-6]$/.test(element.name) ? [Number(element.name[1])] : []));
      assert.equal(levels[0], 1);
      assert.equal(levels.filter((level) => level === 1).length, 1);
      assert.deepEqual(
        levels.filter((level, index) => index > 0 && level > (levels[index - 1] ?? 0) + 1),
        [],
      );
      assert.equal(elements.filter((element) => element.name === "main").length, 1);
      assert.equal(elements.filter((element) => element.name === "header").length, 1);
    });

    it(`ask nothing of anybody, and use each id once (${name})`, () => {
      const elements = elementsOf(page);
      const fetching = elements.filter(({ name, attributes }) =>
        name === "link"
          ? !attributes["href"]?.startsWith("data:")
          : "src" in attributes || /^(img|iframe|object|embed|form|base)$/.test(name),
      );
      assert.deepEqual(fetching, []);
      const ids = elements.flatMap(({ attributes }) => attributes["id"] ?? []);
      assert.deepEqual(ids, [...new Set(ids)]);
      assert.deepEqual(
        elements.filter(({ attributes }) => "style" in attributes),
        [],
      );
    });

    it(`have the style and the script that the content security policy names (${name})`, () => {
      for (const [element, directive] of [
        ["style", "style-src"],
        ["script", "script-src"],
      ]) {
        const [, content = ""] = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(page) ?? [];
        const digest = createHash("sha256").update(content).digest("base64");
        assert.ok(PAGE_HEADERS["content-security-policy"].includes(`${directive} 'sha256-${digest}'`), element);
      }
    });
  }

  for (const [name, report] of Object.entries(REPORTS))
    it(`stay the same elements whatever the texts hold (${name})`, () => {
      const shape = (page: string) =>
        elementsOf(page).map(({ name, attributes }) => [name, ...Object.keys(attributes)].join(" "));
      const [plain, hostile] = [report, poisoned(report)].map((one) => releasePage(one, URL_OF_PROXY));
      // What is no address, or no time, any more is shown as text, and the tail of what is long is named.
      const added = new Set(["span class", "mark class"]);
      const kept = (page = "") =>
        shape(page).filter(
          (element) =>
            !/^(a href|time datetime|svg|circle|rect|span class|ol|li|b$|div class)/.test(element) &&
            !added.has(element),
        );
      assert.ok(!hostile?.includes("<img"));
      assert.deepEqual(new Set(kept(hostile)), new Set(kept(plain)));
      for (const { attributes } of elementsOf(hostile ?? "")) {
        assert.deepEqual(
          Object.keys(attributes).filter((attribute) => attribute.startsWith("on")),
          [],
        );
        if (attributes["href"] !== undefined)
          assert.match(attributes["href"], /^(https:|#content$|data:image\/svg\+xml,)/);
      }
    });
});

describe("releasePage()", () => {
  const { blocked, held, allowed } = PAGES;

  it("says in this order what, why, what instead, how to ask, and on what evidence", () => {
    const told = [
      "Blocked",
      "eslint-scope",
      "its install script sends",
      "eslint-scope@3.7.3",
      "Ask for an exception",
      "GHSA-hxxf",
      "size(variables.reports)",
      "./lib/build.js",
      "Before",
      "12 July 2018",
      "Revision",
    ];
    const body = blocked.slice(blocked.indexOf("<h1>"));
    const places = told.map((text) => body.indexOf(text));
    assert.ok(
      places.every((place) => place >= 0),
      String(places),
    );
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
  });

  it("tells until when, and how long that is", () => {
    assert.match(held, /Held until <time/);
    assert.match(held, /Free in 1 day 4 hours<\/b><time datetime="2026-11-23T16:40:00Z">23 November 2026, 16:40 UTC</);
  });

  it("offers the forge, the command and the draft to whoever asks", () => {
    assert.match(blocked, /<h2 id="request">/);
    assert.match(
      blocked,
      /<a class="button" href="https:\/\/forge\.acme\.example\/[^"]+" rel="noopener noreferrer nofollow">/,
    );
    assert.match(blocked.replaceAll(/<\/?span>/g, ""), /cordon quarantine request pkg:npm\/eslint-scope@3\.7\.2/);
    assert.match(blocked, /apiVersion: cordon\/v1/);
    assert.match(blocked, /An ordinary approval is not enough/);
    assert.doesNotMatch(held, /An ordinary approval is not enough/);
    assert.match(blocked, /lifts nothing unless it says <code>.*override: malicious/);
    assert.doesNotMatch(held, /override: malicious/);
  });

  it("leaves out what there is nothing to say of", () => {
    for (const id of ["request", "advisories", "policies", "scripts", "changes"])
      assert.ok(!allowed.includes(`id="${id}"`), id);
  });

  it("says so where nothing but the name is known", () => {
    const page = releasePage(
      reportOf({
        ...BLOCKED,
        release: null,
        previous: null,
        remediation: { ...BLOCKED.remediation, alternatives: [] },
      }),
      URL_OF_PROXY,
    );
    assert.match(page, /by its name and version alone/);
    assert.match(page, /Nothing to install instead/);
    assert.match(page, /GHSA-hxxf-q3w9-4xgw/); // from the evidence
  });

  it("tells a lifted verdict and one on trial from those in force", () => {
    const [first, second] = BLOCKED.verdicts;
    assert.ok(first && second);
    const page = releasePage(
      reportOf({
        verdicts: [
          {
            ...first,
            liftedBy: "approvals/npm/one.yaml",
            approval: { approvedBy: "security", expires: "2026-12-01T00:00:00Z" },
          },
          { ...second, mode: "audit" },
        ],
      }),
      URL_OF_PROXY,
    );
    assert.match(page, /An approval lifts what policies hold against it/);
    assert.match(page, /Block, lifted/);
    assert.match(page, /approved by <bdi>security<\/bdi>, until <time/);
    assert.match(page, /On trial/);
  });

  it("stays small whatever is in it", () => {
    const long = "z".repeat(1_048_576);
    const many = <T>(item: T): T[] => Array.from({ length: 5000 }, () => item);
    const [advisory] = BLOCKED.release?.advisories ?? [];
    const [verdict] = BLOCKED.verdicts;
    assert.ok(advisory && verdict);
    const page = releasePage(
      {
        ...BLOCKED,
        reason: long,
        verdicts: many({ ...verdict, reason: `${long}!` }),
        skipped: many(long),
        release: summaryOf({
          license: long,
          repository: long,
          installScripts: many({ name: long, text: long }),
          advisories: many({ ...advisory, summary: long }),
          files: many({ name: long, size: 1, digests: { [long]: long } }),
        }),
        previous: { version: "1.0.0", published: long, changes: many({ what: long, before: long, after: long }) },
      },
      URL_OF_PROXY,
    );
    assert.ok(page.length < 500_000, `${page.length} characters`);
    assert.match(page, /more characters/);
    assert.match(page, /4,970 more advisories/);
  });
});

describe("packagePage()", () => {
  it("lists denied releases from the newest, each with a link to its decision", () => {
    const page = PAGES.package;
    assert.ok(page.indexOf("tokens@3.2.0") < page.indexOf("tokens@3.1.1"));
    assert.match(page, /href="https:\/\/packages\.acme\.example\/-\/why\/pkg:npm\/%40acme\/tokens@3\.1\.1"/);
    assert.match(page, /2 releases are denied/);
  });

  it("says once what many releases are denied for", () => {
    const [one] = PACKAGE.denied;
    assert.ok(one);
    const denied = ["1.0.0", "1.0.1", "1.0.2"].map((version) => ({ ...one, purl: `${PACKAGE.purl}@${version}` }));
    const page = packagePage(
      { ...PACKAGE, denied: [...denied, { ...one, purl: `${PACKAGE.purl}@2.0.0`, reason: "Else." }] },
      URL_OF_PROXY,
    );
    assert.equal(page.split("published with a stolen token").length - 1, 1);
    assert.equal(elementsOf(page).filter(({ name }) => name === "tr").length, 3);
    for (const { purl } of denied) assert.ok(page.includes(`/-/why/${purl}"`), purl);
  });

  it("says so where nothing of it may be installed, and where all may", () => {
    assert.match(packagePage({ ...PACKAGE, allowed: [] }, URL_OF_PROXY), /No release of this package is allowed/);
    assert.match(packagePage({ ...PACKAGE, denied: [] }, URL_OF_PROXY), /Nothing is denied/);
  });
});
