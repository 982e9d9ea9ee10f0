import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sha256 } from "../../core/digest.ts";
import { formatInstant } from "../../core/time.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type FixtureModules, startModules, zipOf } from "../support/go-modules.ts";
import { AGE_POLICY, approvalFile, MALWARE_POLICY } from "../support/policies.ts";

const PSEUDO = "v1.0.1-0.20200101000000-0123456789ab";
const YOUNG = new Date(Date.now() - 3_600_000).toISOString();
const PATH = "pkg:golang/example.com/Acme/dep";
const RECORD = {
  id: "MAL-2026-1",
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "Go", name: "example.com/Acme/dep" }, versions: ["1.0.9"] }],
};
const CASES: readonly [version: string, decision: string, unlisted: string | undefined][] = [
  ["v1.0.0", "allow", undefined],
  ["v1.1.0", "quarantine", undefined],
  [PSEUDO, "allow", undefined],
  ["v9.9.9", "allow", "not-found"],
  ["v1.0.9", "block", "not-found"],
  ["main", "allow", "not-found"],
];

describe("Go modules in `cordon check` and `policy explain`", () => {
  let modules: FixtureModules;
  const folders: Folder[] = [];

  before(async () => {
    const versions = [
      { version: "v1.0.0" },
      { version: "v1.1.0", published: YOUNG },
      { version: "v1.2.0", published: YOUNG },
      { version: PSEUDO, isUnlisted: true },
    ];
    modules = await startModules([{ path: "example.com/Acme/dep", versions }]);
  });
  after(async () => {
    await modules.close();
    for (const folder of folders) folder.remove();
  });

  function policies(...files: (typeof AGE_POLICY)[]) {
    const texts = Object.fromEntries(files.map(({ path, text }) => [path, text]));
    const folder = makeFolder({ ...texts, "advisories/MAL-2026-1.json": JSON.stringify(RECORD) });
    folders.push(folder);
    return (...args: string[]) => cordon(...args, "--dir", folder.path, "--upstream", `golang=${modules.url}`);
  }

  it("judges what a list leaves out as well, and says of what there is not that it is not", async () => {
    const run = policies(MALWARE_POLICY, AGE_POLICY);
    for (const spell of [String, (version: string) => version.replace(/^v/, "")]) {
      const answer = await run("check", "--json", ...CASES.map(([version]) => `${PATH}@${spell(version)}`));
      const { decisions } = answer.json() as { decisions: Decision[] };
      assert.deepEqual(
        decisions.map(({ purl, decision, unlisted }) => [purl.slice(PATH.length + 1), decision, unlisted]),
        CASES,
      );
    }
  });

  it("offers instead only what it would allow if it was asked for it", async () => {
    const run = policies(MALWARE_POLICY, AGE_POLICY);
    const answer = await run(
      "check",
      "--json",
      ...["v1.1.0", "v1.2.0", "v1.0.9"].map((version) => `${PATH}@${version}`),
    );
    const { decisions } = answer.json() as { decisions: Decision[] };
    assert.deepEqual(
      decisions.map(({ decision, remediation }) => [decision, remediation?.alternatives]),
      [
        ["quarantine", ["v1.0.0"]],
        ["quarantine", ["v1.0.0"]],
        ["block", ["v1.0.0"]],
      ],
    );
  });

  it("does so where no rule asks for times, too", async () => {
    const run = policies(MALWARE_POLICY);
    const purls = ["v1.0.0", PSEUDO, "v9.9.9"].map((version) => `${PATH}@${version}`);
    const { decisions } = (await run("check", "--json", ...purls)).json() as { decisions: Decision[] };
    assert.deepEqual(
      decisions.map(({ unlisted }) => unlisted),
      [undefined, undefined, "not-found"],
    );
  });

  it("explains them", async () => {
    const run = policies(MALWARE_POLICY, AGE_POLICY);
    const explained = async (version: string) => (await run("policy", "explain", `${PATH}@${version}`)).stdout;
    assert.match(await explained("v1.0.0"), /^pkg:golang\/example\.com\/Acme\/dep@v1\.0\.0: allow\n/);
    assert.match(await explained("v1.1.0"), /: quarantine/);
    assert.match(await explained(PSEUDO), /: allow\n/);
    assert.match(await explained("v9.9.9"), /not listed by the registry: judged by its purl alone/);
  });

  it("reads the file of one that is held and approved, and of no other", async () => {
    const zip = zipOf({ path: "example.com/Acme/dep", versions: [] }, { version: "v1.1.0" });
    const approval = (digest: string) =>
      approvalFile({
        path: "approvals/golang/one.yaml",
        purl: `${PATH}@v1.1.0`,
        digests: [`sha256:${digest}`],
        created: formatInstant(new Date(Date.now() - 86_400_000)),
        expires: formatInstant(new Date(Date.now() + 86_400_000)),
      });
    const zips = () => modules.requests.filter((path) => path.endsWith(".zip")).length;
    for (const [digest, decision, code] of [
      [sha256(zip), "allow", 0],
      ["0".repeat(64), "quarantine", 1],
    ] as const) {
      const run = policies(MALWARE_POLICY, AGE_POLICY, approval(digest));
      const before = zips();
      const checked = await run("check", "--json", `${PATH}@v1.1.0`, `${PATH}@v1.0.0`);
      const { decisions } = checked.json() as { decisions: Decision[] };
      assert.deepEqual([checked.code, decisions.map((one) => one.decision)], [code, [decision, "allow"]]);
      const explained = await run("policy", "explain", `${PATH}@v1.1.0`);
      assert.match(explained.stdout, new RegExp(`: ${decision}`));
      assert.equal(/lifted by approvals\/golang\/one\.yaml/.test(explained.stdout), decision === "allow");
      assert.equal(zips() - before, 2);
    }
  });
});
