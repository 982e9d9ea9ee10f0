import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Decision } from "../../schemas/types/decision.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const RECORD = malwareRecord("evil", ["1.0.1"]);
const LOCK = {
  lockfileVersion: 3,
  packages: { "": {}, "node_modules/fine": { version: "1.0.0" }, "node_modules/@acme/ui": { version: "2.0.0" } },
};

const NAMES = [
  "list",
  "lockfile",
  "bundle",
  "live",
  "shown",
  "down",
  "noTrust",
  "badLine",
  "noVersion",
  "yarnLock",
] as const;

describe("cordon check", () => {
  let folder: Folder;
  let signed: BundleFolder;
  let registry: FixtureRegistry;
  let runs: Record<(typeof NAMES)[number], CliRun>;

  before(async () => {
    folder = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      [AGE_POLICY.path]: AGE_POLICY.text,
      "advisories/MAL-2026-1.json": JSON.stringify(RECORD),
      "cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\npublicUrl: https://packages.acme.example/\n",
      "some.txt": "# two of them\npkg:npm/evil@1.0.1\npkg:npm/fine@1.0.0\n",
      "bad.txt": "pkg:npm/fine@1.0.0\n  fine@1.0.0\n",
      "package-lock.json": JSON.stringify(LOCK),
      "yarn.lock": "",
    });
    signed = makeBundleFolder();
    await signed.sign({ records: [RECORD], created: new Date() });
    registry = await startRegistry([
      { name: "fine", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: new Date().toISOString() }] },
      { name: "evil", releases: [{ version: "1.0.1" }] },
    ]);
    const gone = await startRegistry();
    await gone.close();
    const dir = ["--dir", folder.path];
    const results = await Promise.all(
      [
        [...dir, "--offline", "--json", "--list", `${folder.path}/some.txt`],
        [...dir, "--offline", "--lockfile", `${folder.path}/package-lock.json`],
        ["--bundle", `dir:${signed.bundle}`, "--trust", signed.trust, "--offline", "--json", "pkg:npm/evil@1.0.1"],
        [
          ...[...dir, "--upstream", `npm=${registry.url}`, "--json"],
          ...["pkg:npm/fine@1.0.0", "pkg:npm/fine@1.1.0", "pkg:npm/evil@1.0.1", "pkg:npm/fine@9.9.9"],
        ],
        [...dir, "--upstream", `npm=${registry.url}`, "pkg:npm/fine@1.1.0"],
        [...dir, "--upstream", `npm=${gone.url}`, "--json", "pkg:npm/fine@1.0.0"],
        ["--bundle", `dir:${signed.bundle}`, "--offline", "pkg:npm/evil@1.0.1"],
        [...dir, "--offline", "--list", `${folder.path}/bad.txt`],
        [...dir, "pkg:npm/left-pad"],
        [...dir, "--lockfile", `${folder.path}/yarn.lock`],
      ].map((args) => cordon("check", ...args)),
    );
    runs = Object.fromEntries(NAMES.map((name, index) => [name, results[index]])) as typeof runs;
  });

  after(async () => {
    await registry.close();
    signed.remove();
    folder.remove();
  });

  const decisionsOf = (run: CliRun): readonly Decision[] => (run.json() as { decisions: Decision[] }).decisions;

  it("decides on a package list by the repository alone, and exits with 1 where one is denied", () => {
    assert.equal(runs.list.code, 1);
    const [evil, fine] = decisionsOf(runs.list);
    assert.deepEqual(Object.keys(runs.list.json() as object), ["decisions", "unjudged"]);
    assert.deepEqual(
      { ...evil, decidedAt: "", verdicts: [] },
      {
        decision: "block",
        purl: "pkg:npm/evil@1.0.1",
        policy: "known-malicious",
        rule: "malware",
        reason: "An advisory names this release as malicious.",
        evidence: [{ id: "MAL-2026-1", source: "local", url: "https://advisories.example/MAL-2026-1" }],
        until: null,
        bundle: null,
        decidedAt: "",
        verdicts: [],
        skipped: ["release-age"],
        error:
          "cordon: blocked pkg:npm/evil@1.0.1: An advisory names this release as malicious (known-malicious, MAL-2026-1). Why, and how to ask for an exception: https://packages.acme.example/-/why/pkg:npm/evil@1.0.1",
        remediation: {
          requestUrl: "https://packages.acme.example/-/why/pkg:npm/evil@1.0.1#request",
          alternatives: [], // not known offline
        },
      },
    );
    assert.deepEqual([fine?.purl, fine?.decision, fine?.skipped], ["pkg:npm/fine@1.0.0", "allow", ["release-age"]]);
  });

  it("decides on a lockfile, exits with 0 where all may be installed, and says which policies were not asked", () => {
    assert.deepEqual([runs.lockfile.code, runs.lockfile.stderr], [0, ""]);
    assert.equal(
      runs.lockfile.stdout,
      `allow  pkg:npm/fine@1.0.0        
allow  pkg:npm/%40acme/ui@2.0.0  

2 releases, 0 denied
2 releases judged in part only; not judged: release-age
`,
    );
  });

  it("decides by a signed bundle, and names it", () => {
    const [decision] = decisionsOf(runs.bundle);
    assert.deepEqual([runs.bundle.code, decision?.decision, decision?.bundle?.revision], [1, "block", 1]);
    assert.match(decision?.bundle?.digest ?? "", /^sha256:[0-9a-f]{64}$/);
  });

  it("asks the upstream for the rest, each package once", () => {
    assert.equal(runs.live.code, 1);
    assert.deepEqual(
      decisionsOf(runs.live).map(({ purl, decision, policy, skipped }) => [purl, decision, policy, skipped]),
      [
        ["pkg:npm/fine@1.0.0", "allow", null, []],
        ["pkg:npm/fine@1.1.0", "quarantine", "release-age", []],
        ["pkg:npm/evil@1.0.1", "block", "known-malicious", []],
        ["pkg:npm/fine@9.9.9", "allow", null, ["release-age"]],
      ],
    );
    // One of them by the run for people.
    assert.deepEqual([...registry.requests].sort(), ["/evil", "/fine", "/fine"]);
  });

  it("says of each what to install instead, by what its registry lists", () => {
    assert.deepEqual(
      decisionsOf(runs.live).map(({ error, remediation }) => [error !== undefined, remediation?.alternatives]),
      [
        [false, []],
        [true, ["1.0.0"]],
        [true, []],
        [false, []],
      ],
    );
    const lines = runs.shown.stdout.split("\n");
    assert.match(lines[0] ?? "", /^quarantine {2}pkg:npm\/fine@1\.1\.0 .* Free at \S+Z; allowed instead: 1\.0\.0$/);
    assert.equal(
      lines.at(-2),
      `To ask for an exception: cordon quarantine request pkg:npm/fine@1.1.0 --reason "…" --dir ${folder.path} --upstream npm=${registry.url}`,
    );
  });

  it("exits with 2 where the upstream cannot be reached, rather than decide without it", () => {
    const { error } = runs.down.json() as { error: { message: string; code: string; next: string } };
    assert.deepEqual([runs.down.code, error.code], [2, "UPSTREAM_UNREACHABLE"]);
    assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/fine cannot be reached: /);
    assert.match(error.next, /try again/);
  });

  const UNUSABLE: readonly [name: (typeof NAMES)[number], text: RegExp][] = [
    ["noTrust", /--bundle: --trust/],
    ["badLine", /^Error: \S+\/bad\.txt:2:3: "fine@1\.0\.0" is not a package URL.*\nWrite it like pkg:npm/],
    ["noVersion", /^Error: .* it has no version\nWrite the version after an @: pkg:npm\/left-pad@1\.3\.0\.\n$/],
    ["yarnLock", /^Error: \S+\/yarn\.lock:1:1: it is empty\nWrite it anew with yarn\.\n$/],
  ];
  for (const [name, text] of UNUSABLE) {
    it(`exits with 2 and says what to give: ${name}`, () => {
      assert.match(runs[name].stderr, text);
      assert.deepEqual([runs[name].code, runs[name].stdout], [2, ""]);
    });
  }
});
