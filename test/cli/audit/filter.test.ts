import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Entry, parseEntry } from "../../../cli/audit/entry.ts";
import { type FilterOptions, parseFilter } from "../../../cli/audit/filter.ts";
import { logLine } from "../../support/decisions.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

function entryOf(purl: string, given: Readonly<Record<string, unknown>> = {}): Entry {
  const entry = parseEntry(logLine(purl, given));
  assert.ok(typeof entry !== "string", String(entry));
  return entry;
}

const client = (address: string, agent = "npm/11.0.0 node/v24.0.0") => ({ client: { address, agent } });
const verdict = (policy: string, rule: string, mode = "enforce") => ({ policy, rule, verdict: "block", mode });

const ENTRIES: Readonly<Record<string, Entry>> = {
  plain: entryOf("pkg:npm/left-pad@1.3.0", { recordedAt: "2026-11-22T11:30:00Z" }),
  scoped: entryOf("pkg:npm/%40acme/ui@2.0.0", {
    recordedAt: "2026-11-21T12:00:00Z",
    kind: "metadata",
    ...client("::1"),
  }),
  blocked: entryOf("pkg:npm/evil@1.0.0", {
    decision: "block",
    policy: "known-malicious",
    rule: "malware",
    evidence: [{ id: "MAL-2026-1", source: "ossf", url: null }],
    facts: { advisories: [{ id: "MAL-2026-1", aliases: ["GHSA-aaaa-bbbb-cccc"] }] },
    verdicts: [verdict("known-malicious", "malware"), verdict("trial", "young", "audit")],
    ...client("10.1.2.3"),
  }),
  held: entryOf("pkg:pypi/requests@2.0.0", {
    decision: "quarantine",
    policy: "release-age",
    rule: "too-young",
    verdicts: [verdict("release-age", "too-young")],
    ...client("::ffff:10.9.9.9", "pip/24.0 {}"),
  }),
  old: entryOf("pkg:golang/git.acme.example/Lib@v1.0.0", {
    recordedAt: undefined,
    decidedAt: "2026-01-01T00:00:00.5Z",
  }),
};

const CASES: readonly [name: string, options: FilterOptions, expected: readonly string[]][] = [
  ["nothing", {}, ["plain", "scoped", "blocked", "held", "old"]],
  ["since a duration", { since: "1h" }, ["plain", "blocked", "held"]],
  ["since an instant, inclusive", { since: "2026-11-21T12:00:00Z" }, ["plain", "scoped", "blocked", "held"]],
  ["since a day", { since: "2026-11-22" }, ["plain", "blocked", "held"]],
  ["until", { until: "2026-11-21T12:00:00Z" }, ["scoped", "old"]],
  ["between", { since: "25h", until: "20m" }, ["plain", "scoped"]],
  ["a decision", { decision: ["block"] }, ["blocked"]],
  ["several decisions", { decision: ["block", "quarantine"] }, ["blocked", "held"]],
  ["the policy that decided", { policy: ["release-age"] }, ["held"]],
  ["a policy that is only audited", { policy: ["trial"] }, ["blocked"]],
  ["a rule", { rule: ["too-young"] }, ["held"]],
  ["a rule of another policy", { policy: ["trial"], rule: ["malware"] }, []],
  ["a release", { purl: ["pkg:npm/left-pad@1.3.0"] }, ["plain"]],
  ["another release", { purl: ["pkg:npm/left-pad@1.3"] }, []],
  ["a package", { purl: ["pkg:npm/left-pad"] }, ["plain"]],
  ["no package whose name only begins so", { purl: ["pkg:npm/left"] }, []],
  ["a package as people write it", { purl: ["pkg:npm/@acme/ui"] }, ["scoped"]],
  ["a package by another spelling", { purl: ["pkg:pypi/Requests"] }, ["held"]],
  ["a Go module by its escapes", { purl: ["pkg:golang/git.acme.example/!lib@1.0.0"] }, ["old"]],
  ["qualifiers left aside", { purl: ["pkg:npm/left-pad@1.3.0?arch=x64"] }, ["plain"]],
  ["a pattern of packages", { purl: ["pkg:npm/@acme/*"] }, ["scoped"]],
  ["a pattern with encoded scope", { purl: ["pkg:npm/%40acme/*"] }, ["scoped"]],
  ["a pattern of releases", { purl: ["*@1.?.0"] }, ["plain", "blocked"]],
  ["a pattern for names only", { purl: ["pkg:*/*pad"] }, ["plain"]],
  ["several purls", { purl: ["pkg:npm/left-pad", "pkg:npm/evil"] }, ["plain", "blocked"]],
  ["an ecosystem", { ecosystem: ["pypi", "golang"] }, ["held", "old"]],
  ["an address", { client: ["10.1.2.3"] }, ["blocked"]],
  ["a network, also of clients of a server on IPv6", { client: ["10.0.0.0/8"] }, ["blocked", "held"]],
  ["an address of IPv6", { client: ["0:0:0:0:0:0:0:1"] }, ["scoped"]],
  ["a network of IPv6", { client: ["::/64"] }, ["scoped"]],
  ["an agent", { client: ["pip/*"] }, ["held"]],
  ["a network and an agent", { client: ["10.0.0.0/8", "npm/*"] }, ["blocked"]],
  ["an advisory", { advisory: ["mal-2026-1"] }, ["blocked"]],
  ["an advisory by its other name", { advisory: ["GHSA-aaaa-bbbb-cccc"] }, ["blocked"]],
  ["a kind", { kind: "metadata" }, ["scoped"]],
  ["all of several names", { decision: ["block"], ecosystem: ["pypi"] }, []],
];

describe("a filter", () => {
  for (const [name, options, expected] of CASES)
    it(`by ${name}`, () => {
      const { matches } = parseFilter(options, NOW);
      assert.deepEqual(
        Object.keys(ENTRIES).filter((key) => matches(ENTRIES[key] as Entry)),
        expected,
      );
    });

  const WRONG: readonly [options: FilterOptions, code: string][] = [
    [{ since: "yesterday" }, "USAGE"],
    [{ until: "-1h" }, "USAGE"],
    [{ since: "2026-02-30" }, "USAGE"],
    [{ purl: ["left-pad"] }, "NOT_A_PURL"],
    [{ purl: ["pkg:npm/\\*\\"] }, "USAGE"],
    [{ client: ["10.0.0.0/33"] }, "USAGE"],
  ];
  for (const [options, code] of WRONG)
    it(`is refused that cannot be read: ${JSON.stringify(options)}`, () => {
      assert.throws(() => parseFilter(options, NOW), { code });
    });
});

describe("a time", () => {
  const sinceOf = (since: string): number => NOW.getTime() - parseFilter({ since }, NOW).since;

  it("may be days back from now", () => {
    assert.equal(sinceOf("7d"), 7 * 24 * 60 * 60 * 1000);
    assert.equal(sinceOf("1d"), sinceOf("24h"));
  });

  for (const since of ["d", "-7d", "1.5d", "7d1h", "99999999d"])
    it(`is refused that is ${since}`, () => assert.throws(() => parseFilter({ since }, NOW), { code: "USAGE" }));

  it("that is a day stands for all of it, at both ends", () => {
    const { matches } = parseFilter({ since: "2026-11-22", until: "2026-11-22" }, NOW);
    const matching = [-1, 0, 86_399_999, 86_400_000].filter((offset) => {
      const recordedAt = new Date(Date.UTC(2026, 10, 22) + offset).toISOString();
      const entry = parseEntry(logLine("pkg:npm/x@1.0.0", { recordedAt }).trimEnd());
      return matches(entry as Entry);
    });
    assert.deepEqual(matching, [0, 86_399_999]);
  });
});

describe("parseEntry()", () => {
  const DAMAGED: readonly [text: string, message: string][] = [
    ["{", "it is no JSON"],
    ["[]", "it is no JSON object"],
    ["{}", "it has no decision"],
    ['{"decision":"constructor","purl":"pkg:npm/x@1","decidedAt":"2026-11-22T12:00:00Z"}', "it has no decision"],
    ['{"decision":"allow","purl":"x","decidedAt":"2026-11-22T12:00:00Z"}', "it names no release"],
    [
      `{"decision":"allow","purl":"pkg:npm/${"x".repeat(3000)}","decidedAt":"2026-11-22T12:00:00Z"}`,
      "it names no release",
    ],
    ['{"decision":"allow","purl":"pkg:npm/x@1","decidedAt":"later"}', "it has no time"],
    ['{"decision":"allow","purl":"pkg:npm/x@1","__proto__":{"decidedAt":"2026-11-22T12:00:00Z"}}', "it has no time"],
    [`{"facts":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, "it is nested too deeply"],
    [`{"facts":${'{"a":'.repeat(100)}1${"}".repeat(100)}}`, "it is nested too deeply"],
  ];
  for (const [text, message] of DAMAGED)
    it(`says of ${text.slice(0, 60)} that ${message}`, () => assert.equal(parseEntry(text), message));
});
