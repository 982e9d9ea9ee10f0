import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RequestEvidence, requestText } from "../../../cli/quarantine/request-text.ts";
import type { ReleaseReport } from "../../../core/report.ts";
import { HOSTILE_TEXTS, nodesOf, wordsOf } from "../../support/markdown.ts";
import { BLOCKED, HELD } from "../../support/reports.ts";

const ANSWERS = {
  reason: "The login needs its fix.",
  requestedBy: "Dev <dev@acme.example>",
  expires: "2026-12-06T12:00:00Z",
};
const evidenceOf = (report: ReleaseReport, given: Partial<RequestEvidence> = {}): RequestEvidence => ({
  ...{ report, answers: ANSWERS, demand: undefined, pageUrl: `https://packages.acme.example/-/why/${report.purl}` },
  ...given,
});

/** GitHub's own limit. */
const MAX_BODY = 65_536;
/** Fields that hold one of a few words, and never what somebody else wrote. */
const OURS = ["decision", "verdict", "mode", "kind", "code", "purl", "severity"];

/** The same with each text of others replaced, and with many more of all that there can be many of. */
function poison<T>(value: T, text: string, key = ""): T {
  if (typeof value === "string") return (OURS.includes(key) ? value : text) as T;
  if (Array.isArray(value)) {
    const items = value.map((item) => poison(item, text, key));
    return Array.from({ length: 40 }, () => items).flat() as T;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, text, name)])) as T;
}

const DEMAND = {
  count: 12,
  first: "2026-11-20T17:00:00Z",
  last: "2026-11-22T11:00:00Z",
  clients: [{ address: "10.0.0.7", agent: "npm/11.6.2 node/v24.21.0", count: 11 }],
  hasMoreClients: true,
};

describe("requestText()", () => {
  it("is titled by the release", () =>
    assert.equal(requestText(evidenceOf(HELD)).title, "Approve pkg:pypi/acme-metrics@4.2.0"));

  it("says what a reviewer has to know", () => {
    const { body } = requestText(evidenceOf(BLOCKED, { demand: DEMAND }));
    for (const said of [
      "`pkg:npm/eslint-scope@3.7.2` is **blocked** by policy `known-malicious`, rule `malware`. That does not end by itself.",
      "`Dev <dev@acme.example>`: `The login needs its fix.`",
      "The approval ends on 2026-12-06 12:00 UTC.",
      "- [ ] `known-malicious` is not meant to be lifted; this approval names it all the same.",
      "[`policies/known-malicious.yaml:19`](<https://forge.acme.example/security/packages-policy/blob/",
      "last changed by `Package policy <policy@acme.example>` on 2026-11-03 10:20 UTC",
      "`known-malicious/malware` reads:\n\n```\nsize(variables.reports) > 0\n```",
      "**malicious** [`GHSA-hxxf-q3w9-4xgw`](<https://advisories.example/GHSA-hxxf-q3w9-4xgw>) (`critical, CVSS 9.8`)",
      "fixed in `3.7.3`",
      "Published 2018-07-12 09:49 UTC",
      "`postinstall`\n\n```sh\nnode ./lib/build.js\n```",
      "### New since `3.7.1`\n\n- `install script postinstall`: none → `node ./lib/build.js`",
      "12 times, first on 2026-11-20 17:00 UTC, last on 2026-11-22 11:00 UTC:",
      "- 11 × `npm/11.6.2 node/v24.21.0` at `10.0.0.7`\n- and others",
      `\`eslint-scope-3.7.2.tgz\`: \`sha512:${"1f".padEnd(128, "c2a8")}\``,
    ])
      assert.ok(body.includes(said), said);
  });

  it("says when a hold ends by itself, and what the release has lost", () => {
    const { body } = requestText(evidenceOf(HELD));
    assert.match(body, /is \*\*held\*\* by policy `release-age`, rule `too-young`, until 2026-11-23 16:40 UTC\./);
    assert.match(body, /Build attestation: \*\*none, though `4\.1\.7` had one\*\*/);
    assert.match(body, /\*\*warn\*\* `provenance\/lost` \(on trial\)/);
  });

  it("leaves out who asked where no log was given, and says where nobody did", () => {
    assert.doesNotMatch(requestText(evidenceOf(HELD)).body, /asked for it/);
    const demand = { count: 0, first: null, last: null, clients: [], hasMoreClients: false };
    assert.match(requestText(evidenceOf(HELD, { demand })).body, /Nobody, by the logs that were given\./);
  });

  it("is the same for the same evidence", () =>
    assert.deepEqual(requestText(evidenceOf(BLOCKED)), requestText(evidenceOf(BLOCKED))));

  for (const [what, text] of Object.entries(HOSTILE_TEXTS))
    it(`lets nobody do harm, or hide anything, by ${what}`, () => {
      const { purl, ...rest } = BLOCKED;
      const report = { ...poison(rest, text), purl };
      const answers = { ...poison(ANSWERS, text), ticket: text, override: "malicious" as const };
      const { title, body } = requestText(evidenceOf(report, { answers, demand: poison(DEMAND, text), pageUrl: text }));
      assert.equal(title, `Approve ${purl}`);
      assert.ok(body.length <= MAX_BODY, `${body.length}`);
      assert.doesNotMatch(body, /^\/[a-z]/im, "a line that is a command");
      const nodes = nodesOf(body);
      assert.deepEqual(
        nodes.filter(({ type }) =>
          /^(html|image|imageReference|linkReference|definition|footnote|table|delete)/.test(type),
        ),
        [],
      );
      assert.ok(
        nodes.filter(({ type }) => type === "link").every(({ url = "" }) => url.startsWith("https://evil.example/")),
      );
      const words = nodes.flatMap(({ type, value }) => (type === "text" ? [value ?? ""] : [])).join("\n");
      assert.doesNotMatch(words, /EVIL|@|#\d|GH-\d|evil\.example/);
      // Each part is there, whatever the others hold.
      const headings = nodes.filter(({ type }) => type === "heading").length;
      assert.equal(headings, 9, body.slice(0, 500));
      assert.equal(wordsOf(body).includes("[x]"), false);
    });
});
