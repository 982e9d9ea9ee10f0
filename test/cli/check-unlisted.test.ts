import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Decision } from "../../schemas/types/decision.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

describe("a release that its registry does not list", () => {
  let folder: Folder;
  let registry: FixtureRegistry;
  const run = (...args: string[]) => cordon(...args, "--dir", folder.path, "--upstream", `npm=${registry.url}`);
  const decisionsOf = (run: CliRun) => (run.json() as { decisions: Decision[] }).decisions;

  before(async () => {
    folder = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      "advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["6.6.6"])),
    });
    registry = await startRegistry([
      { name: "fine", releases: [{ version: "1.0.0" }] },
      { name: "evil", releases: [{ version: "6.6.5" }] },
    ]);
  });
  after(async () => {
    await registry.close();
    folder.remove();
  });

  it("is marked by check, and is no pass, although no policy objects", async () => {
    const { code, stdout } = await run("check", "pkg:npm/fine@1.0.0", "pkg:npm/fine@9.9.9", "pkg:npm/evil@6.6.6");
    assert.equal(
      stdout,
      `allow   pkg:npm/fine@1.0.0  
allow?  pkg:npm/fine@9.9.9  not listed by the registry: judged by its purl alone
block?  pkg:npm/evil@6.6.6  known-malicious/malware: An advisory names this release as malicious. [MAL-2026-1]; not listed by the registry: judged by its purl alone; allowed instead: 6.6.5

3 releases, 1 denied, 2 not listed
`,
    );
    assert.equal(code, 1);
    assert.equal((await run("check", "pkg:npm/fine@9.9.9")).code, 1);
  });

  it("is told to programs", async () => {
    const found = decisionsOf(await run("check", "--json", "pkg:npm/fine@1.0.0", "pkg:npm/fine@9.9.9"));
    assert.deepEqual(
      found.map(({ decision, unlisted }) => [decision, unlisted]),
      [
        ["allow", undefined],
        ["allow", "not-found"],
      ],
    );
  });

  it("is not asked for offline", async () => {
    const offline = await run("check", "--json", "--offline", "pkg:npm/fine@9.9.9");
    assert.deepEqual([offline.code, decisionsOf(offline)[0]?.unlisted], [0, undefined]);
  });

  it("is explained with the same words", async () => {
    const { stdout } = await run("policy", "explain", "pkg:npm/fine@9.9.9");
    assert.match(stdout, /^pkg:npm\/fine@9\.9\.9: allow\n.*\nnot listed by the registry: judged by its purl alone\n/);
  });
});
