import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { Parser } from "htmlparser2";
import { htmlReport } from "../../../../cli/dry-run/html/page.ts";
import type { DryRunReport, JudgedRelease } from "../../../../cli/dry-run/report.ts";
import type { Decision } from "../../../../schemas/types/decision.ts";
import { calmRun, companyRun, dryRun, judged, place } from "../../../support/dry-runs.ts";
import { hostileRun } from "../../../support/hostile-dry-run.ts";

const BLOCKS = new Set("h2 h3 p li div td th dt dd summary".split(" "));

/** The text of each element that is looked for, as it is read; such elements do not lie within each other. */
function textOf(page: string, isWanted: (name: string, attributes: Record<string, string>) => boolean): string[] {
  const found: string[] = [];
  let depth = 0; // below one that is looked for
  const add = (text: string): void => {
    if (depth > 0) found.push((found.pop() ?? "") + text);
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      if (depth === 0 && !isWanted(name, attributes)) return;
      if (depth === 0) found.push("");
      depth++;
      if (BLOCKS.has(name)) add(" ");
    },
    ontext: add,
    onclosetag(name) {
      if (BLOCKS.has(name)) add(" ");
      if (depth > 0) depth--;
    },
  });
  parser.end(page);
  return found.map((text) => text.replace(/\s+/g, " ").trim());
}

const headline = (report: DryRunReport) => textOf(htmlReport(report), (name) => name === "h1")[0];
const sectionOf = (page: string, id: string) =>
  textOf(page, (name, { "aria-labelledby": label }) => name === "section" && label === id)[0] ?? "";

const blocked = judged({
  purl: "pkg:npm/evil@1.0.0",
  decision: "block",
  policy: "known-malicious",
  reason: "It is bad.",
});
const held = (until?: string) =>
  judged({
    purl: "pkg:npm/young@1.0.0",
    decision: "quarantine",
    policy: "age",
    reason: "Young.",
    ...(until && { until }),
  });
const fine = judged({ purl: "pkg:npm/fine@1.0.0" });
const trial: Decision["verdicts"][number] = {
  ...{ policy: "new", rule: "all", verdict: "block", reason: "New.", until: null, mode: "audit", liftedBy: null },
};
const runOf = (...releases: readonly JudgedRelease[]) => dryRun({ releases });

describe("the report's headline", () => {
  const cases: readonly (readonly [name: string, report: DryRunReport, text: string])[] = [
    ["nothing to judge", dryRun(), "Dry run: nothing to judge: No file that was read names a release"],
    [
      "one release, allowed",
      runOf(fine),
      "Dry run: nothing would be denied: Cordon would let the one release in 1 repository through",
    ],
    [
      "two, allowed",
      calmRun(),
      "Dry run: nothing would be denied: Cordon would let all 2 releases in 2 repositories through",
    ],
    [
      "one release, blocked",
      runOf(blocked),
      "Dry run: 1 release would be denied: Of 1 release in 1 repository, Cordon would block 1",
    ],
    [
      "one blocked and one held",
      runOf(blocked, held(), fine),
      "Dry run: 2 releases would be denied: Of 3 releases in 1 repository, Cordon would block 1 and hold 1",
    ],
    [
      "scripts that cannot be taken out",
      runOf(judged({ purl: "pkg:cargo/a@1.0.0", decision: "strip-scripts" }), fine),
      "Dry run: 1 release would be denied: Of 2 releases in 1 repository, Cordon would refuse 1 for install scripts",
    ],
    [
      "scripts that can be",
      runOf(judged({ purl: "pkg:npm/a@1.0.0", decision: "strip-scripts" }), fine),
      "Dry run: nothing would be denied: Cordon would let all 2 releases in 1 repository through",
    ],
  ];
  for (const [name, report, text] of cases) it(`tells of ${name}`, () => assert.equal(headline(report), text));

  it("is calm in green only where everything could be judged", () => {
    assert.match(htmlReport(calmRun()), /<body class="allowed">/);
    const gaps = {
      "a policy that was not judged": judged({ purl: "pkg:npm/a@1.0.0", skipped: ["age"] }),
      "a release that is not listed": judged({ purl: "pkg:npm/a@1.0.0", unlisted: true }),
      "a registry that did not answer": judged({ purl: "pkg:npm/a@1.0.0", problem: "502" }),
    };
    for (const [name, release] of Object.entries(gaps)) {
      const page = htmlReport(runOf(release));
      assert.match(page, /<body class="neutral">/, name);
      assert.match(page, /nothing would be denied, as far as is known/, name);
    }
  });

  it("says by what was judged, and when, and what it is about", () => {
    const page = htmlReport({ ...calmRun(), isOffline: true }, { title: "Web <team>" });
    assert.match(page, /Judged as of <strong><time datetime="2026-11-22T12:00:00Z">/);
    assert.match(page, /bundle revision 41/);
    assert.match(page, /<strong>offline<\/strong>/);
    assert.match(page, /<title>Web &lt;team&gt; · Cordon<\/title>/);
    const rules = { bundle: null, policies: ["age"] };
    assert.match(htmlReport({ ...calmRun(), rules }), /1 policy from a folder/);
  });
});

describe("the report's sections", () => {
  const page = htmlReport(companyRun());

  it("come in the order in which they are asked for, each in the list of contents", () => {
    const ids = [
      "denied",
      "repositories",
      "jobs",
      "scripts",
      "holds",
      "warned",
      "trial",
      "unjudged",
      "inputs",
      "about",
    ];
    assert.deepEqual(
      [...page.matchAll(/<h2 id="(\w+)">/g)].map(([, id]) => id),
      ids,
    );
    assert.deepEqual(
      [...page.matchAll(/<li><a href="#(\w+)">/g)].map(([, id]) => id),
      ids,
    );
  });

  it("show what is denied with reason, evidence, rule, end and places, the blocked first", () => {
    const denied = textOf(page, (name, { class: names }) => name === "ul" && names === "entries")[0] ?? "";
    assert.ok(denied.indexOf("rustdecimal 1.23.1") < denied.indexOf("@acme/checkout 5.0.0-rc.3"));
    for (const text of [
      "Blocked ua-parser-js 0.7.29 pkg:npm/ua-parser-js@0.7.29 Embedded malware in ua-parser-js",
      "GHSA-pjwm-rvh2-c87w advisories.example known-malicious, rule malware. Also against it: install-scripts",
      "web/shop/package-lock.json:18204",
      "5 places in 3 repositories",
      "infra/runner-logs/gateway-4411.log:1204, job gateway / integration",
      "release-age, rule too-young, until 23 November 2026, 15:10 UTC (in 1 day 3 hours)",
      "provenance, rule lost, until somebody approves it",
    ])
      assert.ok(denied.includes(text), `${text} is not in ${denied}`);
    assert.match(sectionOf(page, "denied"), /By policy: release-age 4, known-malicious 2, cvss 1, install-scripts 1/);
  });

  it("show repositories, the most affected first, and fold those in which nothing would change", () => {
    const text = sectionOf(page, "repositories");
    assert.match(text, /^Repositories 10 repositories would be affected: .* The other 4 would not\./);
    assert.ok(text.indexOf("web/shop") < text.indexOf("data/forecasts"));
    assert.match(text, /1 blocked, 1 held, 2 to strip of scripts and 2 warnings of \d+ releases/);
    assert.match(text, /3 repositories in which nothing would change/);
  });

  it("show the CI jobs that would fail", () => {
    assert.match(
      sectionOf(page, "jobs"),
      /Logs name 2 jobs\. 1 of them would fail\. .*gateway \/ integration 1 blocked of 6/,
    );
    const places = [place("infra/logs", "1.log", 7, "build")];
    const words = (release: JudgedRelease) => sectionOf(htmlReport(runOf({ ...release, places })), "jobs");
    assert.match(words(blocked), /Logs name 1 job\. It would fail\./);
    assert.match(words(fine), /Logs name 1 job\. It would not fail\./);
  });

  it("show what the policies on scripts would do with each release that runs some", () => {
    const text = sectionOf(page, "scripts");
    assert.match(text, /17 of 1,206 releases run scripts when installed \(1\.4%\)/);
    assert.match(text, /For 30 releases it is not known whether they do/);
    assert.match(text, /ua-parser-js 0\.7\.29 · npm Hold Overall: Blocked/);
    assert.match(text, /keytar 7\.9\.0 · npm Not judged/);
  });

  it("show how long holds last, from when it was judged", () => {
    const text = sectionOf(page, "holds");
    assert.match(text, /5 holds end by themselves, the last one on 1 December 2026, 09:30 UTC, 8 days 21 hours after/);
    assert.match(text, /Up to 1 day 1 release 1 to 3 days 3 releases 3 to 7 days 0 releases 7 to 30 days 1 release/);
    assert.match(text, /Until somebody approves 2 releases/);
    const one = sectionOf(htmlReport(runOf(held("2026-11-23T12:00:00Z"))), "holds");
    assert.match(one, /1 hold ends by itself, on 23 November 2026, 12:00 UTC, 1 day after/);
  });

  it("tell of policies on trial apart from what is enforced", () => {
    const text = sectionOf(page, "trial");
    assert.match(text, /2 policies are on trial: what they say is recorded and not enforced/);
    assert.match(text, /new-publisher 35 held/);
    assert.match(text, /licences 21 blocked and 13 allowed with a warning/);
    assert.match(page, /would <em class="blocked">block 3<\/em> and <em class="held">hold 7</);
    const lifted = judged({ purl: "pkg:npm/a@1.0.0", verdicts: [{ ...trial, liftedBy: "approvals/a.yaml" }] });
    assert.doesNotMatch(htmlReport(runOf(lifted)), /id="trial"/);
    assert.match(
      sectionOf(htmlReport(runOf(judged({ purl: "pkg:npm/a@1.0.0", verdicts: [trial] }))), "trial"),
      /1 policy is on trial: what it says/,
    );
  });

  it("say what could not be judged, and why", () => {
    const text = sectionOf(page, "unjudged");
    for (const part of [
      "32 releases were judged by some of the policies only. 2 releases are not listed by the registry.",
      "When it was published 15 releases",
      "What its files say",
      "release-age (17 releases)",
      "the registry answered 502 for the list of versions, three times",
      "@acme/legacy-theme 0.4.1",
      "has no fixed version: 3 entries pandas data/pipelines/requirements.txt:9",
      "web/marketing/old/yarn.lock:214: a merge conflict was left in it",
    ])
      assert.ok(text.includes(part), `${part} is not in ${text}`);
    assert.match(sectionOf(htmlReport(calmRun()), "unjudged"), /Nothing: every file was read/);
    assert.match(sectionOf(htmlReport({ ...calmRun(), isOffline: true }), "unjudged"), /asked no registry/);
  });

  it("count allowed releases, and leave the list of them to the JSON", () => {
    assert.match(sectionOf(page, "about"), /1,179 allowed releases, .* cordon dry-run PATH… --reporter json/);
    assert.doesNotMatch(page, /acme-0-part-17/);
  });

  it("leave out jobs and warnings where there are none", () => {
    const calm = htmlReport(calmRun());
    assert.doesNotMatch(calm, /id="(jobs|warned|trial)"/);
    assert.match(sectionOf(calm, "repositories"), /No log that was read names a CI job/);
  });
});

describe("the report as a file", () => {
  const reports = { company: companyRun(), calm: calmRun(), empty: dryRun(), hostile: hostileRun(400) };

  for (const [name, report] of Object.entries(reports)) {
    it(`allows only the style sheets that are in it, and runs nothing (${name})`, () => {
      const page = htmlReport(report);
      const [, policy = ""] = /http-equiv="content-security-policy" content="([^"]*)"/.exec(page) ?? [];
      const digests = [...page.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
        ([, style = ""]) => `sha256-${createHash("sha256").update(style).digest("base64")}`,
      );
      assert.equal(digests.length, 2);
      for (const digest of digests) assert.ok(policy.includes(`&#39;${digest}&#39;`), policy);
      assert.doesNotMatch(policy, /script-src|unsafe|https?:/);
      const elements: string[] = [];
      new Parser({
        onopentag(tag, attributes) {
          elements.push(tag);
          for (const attribute of Object.keys(attributes)) assert.doesNotMatch(attribute, /^(on|style$)/);
        },
      }).end(page);
      assert.deepEqual(
        elements.filter((tag) => ["script", "img", "iframe", "object", "embed", "form", "base"].includes(tag)),
        [],
      );
    });

    it(`has each id once, and every link within it leads somewhere (${name})`, () => {
      const page = htmlReport(report);
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.deepEqual(ids, [...new Set(ids)]);
      for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(id), id);
    });
  }

  it("stays below 2 MB whatever comes in", () => {
    const page = htmlReport(hostileRun(3000));
    assert.ok(Buffer.byteLength(page) < 2_000_000, `${Buffer.byteLength(page)} bytes`);
    assert.match(page, /and [\d,]+ more denied releases, in the JSON/);
  });

  it("is drawn of a hundred thousand releases", () => {
    const releases = Array.from({ length: 100_000 }, (_, index) =>
      judged({
        purl: `pkg:npm/part-${index}@1.0.0`,
        ...(index < 40_000 && { decision: "quarantine" as const, policy: "age", reason: "Young." }),
        places: [place(`repo-${index % 5000}`, "package-lock.json", index + 1)],
      }),
    );
    const page = htmlReport(dryRun({ releases }));
    assert.ok(Buffer.byteLength(page) < 2_000_000);
    assert.match(page, /Of 100,000 releases in 5,000 repositories, Cordon would <em class="held">hold 40,000/);
    assert.match(page, /and 39,700 more denied releases, in the JSON/);
  });
});
