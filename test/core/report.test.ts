import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Change } from "../../core/comparison.ts";
import { cargo } from "../../core/ecosystems/cargo/index.ts";
import type { Ecosystem } from "../../core/ecosystems/ecosystem.ts";
import { releaseOf } from "../../core/ecosystems/judged.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import { factsOn, judgeListing, type Rules } from "../../core/gate.ts";
import { type ReleaseReport, reportOn } from "../../core/report.ts";
import { type FixtureRelease, packumentBytes } from "../support/packument.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord, policyFile, rulesOf } from "../support/policies.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const WORDING = { publicUrl: "https://packages.acme.example", repository: "https://github.example/acme/policies" };
const YOUNG = "2026-11-22T00:00:00.000Z";
const COMMIT = "c".repeat(40);

function report(
  releases: readonly FixtureRelease[],
  version: string,
  { rules = rulesOf({ policies: [AGE_POLICY] }), wording = WORDING }: { rules?: Rules; wording?: typeof WORDING } = {},
): ReleaseReport {
  return reportOf(npm, packumentBytes({ name: "x", releases }), version, rules, wording);
}

function reportOf(ecosystem: Ecosystem, bytes: Uint8Array, version: string, rules: Rules, wording = WORDING) {
  const judged = judgeListing(rules, ecosystem.parseListing("x", bytes), NOW);
  const release = releaseOf(judged.listing, version);
  const decision = judged.decisions.get(version);
  assert.ok(release && decision);
  const facts = factsOn(rules, judged.listing, release);
  return reportOn(decision, rules, wording, { judged, release: { ecosystem, release, facts } });
}

describe("reportOn()", () => {
  it("tells of a denied release what it is, how to ask for it, and what to take instead", () => {
    const { remediation, approval, code, error, release } = report(
      [{ version: "1.0.0" }, { version: "1.0.1", published: YOUNG, manifest: { _npmUser: { name: "ann" } } }],
      "1.0.1",
    );
    assert.equal(code, "POLICY_HELD");
    assert.match(error ?? "", /^cordon: held pkg:npm\/x@1\.0\.1 until /);
    assert.deepEqual(remediation, {
      requestUrl: "https://packages.acme.example/-/why/pkg:npm/x@1.0.1#request",
      alternatives: ["1.0.0"],
      approvalUrl: remediation.approvalUrl,
      command: 'cordon quarantine request pkg:npm/x@1.0.1 --reason "…"',
    });
    const link = new URL(remediation.approvalUrl ?? "");
    assert.equal(`${link.origin}${link.pathname}`, "https://github.example/acme/policies/new/main");
    assert.equal(link.searchParams.get("filename"), approval?.path);
    assert.equal(link.searchParams.get("value"), approval?.text);
    assert.deepEqual(
      [release?.version, release?.publisher, release?.published],
      ["1.0.1", "ann", "2026-11-22T00:00:00Z"],
    );
    assert.deepEqual(
      release?.files.map(({ name, digests }) => [name, Object.keys(digests)]),
      [["x-1.0.1.tgz", ["sha1", "sha512"]]],
    );
  });

  it("proposes nothing of a release that is allowed", () => {
    const { error, approval, remediation } = report([{ version: "1.0.0" }], "1.0.0");
    assert.deepEqual([error, approval], [undefined, undefined]);
    assert.deepEqual(remediation, { requestUrl: null, alternatives: [], approvalUrl: null, command: null });
  });

  it("takes the repository that the bundle names where the operator names none", () => {
    const rules: Rules = {
      ...rulesOf({ policies: [AGE_POLICY] }),
      origins: { repository: "https://gitlab.example/acme/rules", commit: null, history: undefined },
    };
    const { remediation } = report([{ version: "1.0.0", published: YOUNG }], "1.0.0", {
      rules,
      wording: { ...WORDING, repository: null as never },
    });
    assert.match(remediation.approvalUrl ?? "", /^https:\/\/gitlab\.example\/acme\/rules\/-\/new\/main\?file_name=/);
  });

  it("shows each verdict with its rule, where that stands and who last changed it", () => {
    const change = { commit: COMMIT, author: "Ann", date: "2026-11-01T00:00:00Z" };
    const compiled = rulesOf({ policies: [AGE_POLICY, MALWARE_POLICY] }, [malwareRecord("x", ["1.0.0"])]);
    const line = compiled.set.policies.find(({ name }) => name === "known-malicious")?.rules[0]?.line ?? 0;
    const rules: Rules = {
      ...compiled,
      origins: {
        repository: null,
        commit: COMMIT,
        history: { folder: "rules/", changes: { "policies/known-malicious.yaml": { [line]: change } } },
      },
    };
    const [malware, age] = report([{ version: "1.0.0", published: YOUNG }], "1.0.0", { rules }).verdicts;
    assert.deepEqual(malware?.source, {
      title: "known-malicious",
      description: "",
      file: "policies/known-malicious.yaml",
      line,
      condition: malware?.source?.condition,
      change,
      url: `https://github.example/acme/policies/blob/${COMMIT}/rules/policies/known-malicious.yaml#L${line}`,
      approvable: false,
    });
    assert.match(malware?.source?.condition ?? "", /malicious/);
    assert.deepEqual([age?.policy, age?.source?.change], ["release-age", null]);
  });

  const CHANGES: readonly [
    name: string,
    before: Omit<FixtureRelease, "version">,
    after: Omit<FixtureRelease, "version">,
    changes: Change[],
  ][] = [
    ["nothing", {}, {}, []],
    [
      "another publisher",
      { manifest: { _npmUser: { name: "ann" } } },
      { manifest: { _npmUser: { name: "mallory" } } },
      [{ what: "publisher", before: "ann", after: "mallory" }],
    ],
    [
      "dependencies that are new or gone, and not those with another range",
      { dependencies: { a: "^1.0.0", b: "1.0.0" } },
      { dependencies: { a: "^1.0.1", "plain-crypto-js": "^4.2.1" } },
      [
        { what: "dependency plain-crypto-js", before: null, after: "^4.2.1" },
        { what: "dependency b", before: "1.0.0", after: null },
      ],
    ],
    [
      "install scripts",
      { scripts: { install: "make" } },
      { scripts: { install: "make all", postinstall: "node setup.js" } },
      [
        { what: "install script install", before: "make", after: "make all" },
        { what: "install script postinstall", before: null, after: "node setup.js" },
      ],
    ],
    [
      "the licence and the source repository",
      { manifest: { repository: "https://git.example/x" } },
      { manifest: { license: "UNLICENSED" } },
      [
        { what: "licence", before: "MIT", after: "UNLICENSED" },
        { what: "repository", before: "https://git.example/x", after: null },
      ],
    ],
    [
      "a build attestation that is gone",
      {
        dist: {
          attestations: {
            url: "https://registry.example/-/x",
            provenance: { predicateType: "https://slsa.dev/provenance/v1" },
          },
        },
      },
      {},
      [{ what: "build attestation", before: "there", after: null }],
    ],
    [
      "a size that is another one altogether",
      { dist: { unpackedSize: 1000 } },
      { dist: { unpackedSize: 5000 } },
      [{ what: "unpacked size", before: "1000 bytes", after: "5000 bytes" }],
    ],
    ["no size that has only grown", { dist: { unpackedSize: 1000 } }, { dist: { unpackedSize: 1900 } }, []],
    [
      "hostile texts on one line",
      {},
      { dependencies: { "a\u001b[31m\u202e": `x\n${"y".repeat(600)}` } },
      [{ what: "dependency a [31m", before: null, after: `x ${"y".repeat(497)}…` }],
    ],
  ];
  for (const [name, before, after, changes] of CHANGES) {
    it(`tells against the release before: ${name}`, () => {
      const { previous } = report(
        [
          { version: "1.0.0", ...before },
          { version: "1.0.1", ...after },
        ],
        "1.0.1",
      );
      assert.deepEqual(previous, { version: "1.0.0", published: "2020-01-01T00:00:00Z", changes });
    });
  }

  it("compares a stable release with a stable one, and a pre-release with what is next below", () => {
    const releases = [{ version: "1.0.0" }, { version: "1.1.0-rc.1" }, { version: "1.1.0-rc.2" }, { version: "1.1.0" }];
    const previousOf = (version: string) => report(releases, version).previous?.version;
    assert.deepEqual(["1.0.0", "1.1.0-rc.1", "1.1.0-rc.2", "1.1.0"].map(previousOf), [
      undefined,
      "1.0.0",
      "1.1.0-rc.1",
      "1.0.0",
    ]);
  });

  it("tells what a crate needs, but for its tests", () => {
    const line = (vers: string, deps: object[]) =>
      JSON.stringify({ name: "x", vers, deps, cksum: "a".repeat(64), features: {}, yanked: false });
    const entry = [
      JSON.stringify({ dl: "https://registry.example/crates" }),
      line("1.0.0", []),
      line("1.0.1", [
        { name: "renamed", package: "real", req: "^1", kind: "normal" },
        { name: "built-with", req: "^2", kind: "build" },
        { name: "tested-with", req: "^3", kind: "dev" },
      ]),
    ].join("\n");
    const rules = rulesOf({
      policies: [policyFile("p", '  rules: [{ name: r, condition: "true", verdict: warn, message: m }]')],
    });
    assert.deepEqual(reportOf(cargo, Buffer.from(entry), "1.0.1", rules).previous?.changes, [
      { what: "dependency real", before: null, after: "^1" },
      { what: "dependency built-with", before: null, after: "^2" },
    ]);
  });
});
