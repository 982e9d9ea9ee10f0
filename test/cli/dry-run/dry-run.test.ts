import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { DryRunReport } from "../../../cli/dry-run/report.ts";
import type { Decision } from "../../../schemas/types/decision.ts";
import { type CliRun, cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { AGE_POLICY, MALWARE_POLICY, SCRIPTS_POLICY } from "../../support/policies.ts";
import { type FixtureRegistry, startRegistry } from "../../support/registry.ts";
import { sarifProblems } from "../../support/sarif.ts";

const YOUNG = new Date(Date.now() - 3_600_000).toISOString();
const lock = (...names: readonly string[]) =>
  JSON.stringify(
    {
      lockfileVersion: 3,
      packages: Object.fromEntries(
        names.map((spec, index) => {
          const at = spec.lastIndexOf("@");
          return [`node_modules/own${index}/node_modules/${spec.slice(0, at)}`, { version: spec.slice(at + 1) }];
        }),
      ),
    },
    null,
    2,
  );

interface Json {
  readonly decisions: readonly (Decision & DryRunReport["releases"][number])[];
  readonly inputs: DryRunReport["inputs"];
  readonly unjudged: DryRunReport["unjudged"];
  readonly summary: DryRunReport["summary"];
}

describe("cordon dry-run", () => {
  let folder: Folder;
  let registry: FixtureRegistry;

  before(async () => {
    registry = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: YOUNG }] },
      { name: "scripted", releases: [{ version: "1.0.0", scripts: { postinstall: "node x.js" } }] },
      { name: "evil", releases: [{ version: "1.0.0" }] },
    ]);
    folder = makeFolder({
      "policies/cordon.yaml": `apiVersion: cordon/v1\nkind: Cordon\nupstreams: { npm: "${registry.url.href}", pypi: "http://127.0.0.1:9/" }\n`,
      ...Object.fromEntries(
        [AGE_POLICY, MALWARE_POLICY, SCRIPTS_POLICY].map(({ path, text }) => [`policies/${path}`, text]),
      ),
      "policies/advisories/MAL-2026-1.json": JSON.stringify({
        id: "MAL-2026-1",
        modified: "2026-11-01T00:00:00Z",
        summary: "It steals tokens.",
        affected: [{ package: { ecosystem: "npm", name: "evil" }, versions: ["1.0.0"] }],
      }),
      "repos/web/.git/HEAD": "x",
      "repos/web/package-lock.json": lock("plain@1.0.0", "plain@1.1.0", "evil@1.0.0"),
      "repos/api/package-lock.json": lock("plain@1.0.0", "scripted@1.0.0", "nobody@1.0.0"),
      "repos/api/requirements.txt": "requests==2.32.0\nown @ git+https://forge.example/acme/own\n",
      "repos/api/ci.log":
        "build\tInstall\t2026-11-25T10:00:00.1Z npm http fetch GET 200 https://registry.example/evil/-/evil-1.0.0.tgz 1ms\n",
      "repos/api/notes.txt": "Nothing of it is an inventory.\n",
      "repos/ops/package-lock.json": '{\n<<<<<<< HEAD\n"lockfileVersion": 3\n',
      "calm/package-lock.json": lock("plain@1.0.0"),
      "empty/README.md": "x",
    });
  });
  after(async () => {
    await registry.close();
    folder.remove();
  });

  const at = (path: string) => join(folder.path, path);
  const run = (...args: readonly string[]): Promise<CliRun> => cordon("dry-run", ...args, "--dir", at("policies"));
  const json = async (...args: readonly string[]): Promise<Json> => (await run(...args, "--json")).json() as Json;
  const decided = ({ decisions }: Json) =>
    decisions.map(({ purl, decision }) => `${decision} ${purl.replace("pkg:", "")}`);

  it("judges what is named by what registries tell now, the most severe first", async () => {
    assert.deepEqual(decided(await json(at("repos"))), [
      "block npm/evil@1.0.0",
      "quarantine npm/plain@1.1.0",
      "quarantine npm/scripted@1.0.0",
      "allow npm/nobody@1.0.0",
      "allow npm/plain@1.0.0",
      "allow pypi/requests@2.32.0",
    ]);
  });

  it("names what to install instead, in every form", async () => {
    const plain = (await json(at("repos"))).decisions.find(({ purl }) => purl === "pkg:npm/plain@1.1.0");
    assert.deepEqual(plain?.remediation, { requestUrl: null, alternatives: ["1.0.0"] });
    assert.match(plain?.error ?? "", /^cordon: held pkg:npm\/plain@1\.1\.0 until /);
    for (const [reporter, expected] of [
      ["pretty", /Free at \S+Z\. \(release-age\/too-young\)\n {4}Allowed instead: 1\.0\.0\n/],
      ["github", /::quarantine pkg:npm\/plain@1\.1\.0: .* \(release-age\/too-young; allowed instead: 1\.0\.0\)/],
      ["sarif", /"text": ?"quarantine pkg:npm\/plain@1\.1\.0: .* \(release-age\/too-young; allowed instead: 1\.0\.0\)/],
      [
        "junit",
        /<failure message="quarantine pkg:npm\/plain@1\.1\.0: .* \(release-age\/too-young; allowed instead: 1\.0\.0\)/,
      ],
      ["markdown", /\*\*held\*\* `pkg:npm\/plain@1\.1\.0`, free at .*; allowed instead: `1\.0\.0` \(/],
      ["html", /\. Allowed instead: <code><bdi>1\.0\.0<\/bdi><\/code><\/p>/],
    ] as const)
      assert.match((await run(at("repos"), "--reporter", reporter)).stdout, expected, reporter);
  });

  it("says where each stands, what of it is not known, and what enforcement would mean", async () => {
    const { decisions, inputs, unjudged, summary } = await json(at("repos"));
    const evil = decisions[0];
    assert.deepEqual(
      evil?.places.map(({ path, line, repository, job }) => [
        path.slice(folder.path.length + 7),
        line,
        repository.slice(-3),
        job,
      ]),
      [
        ["api/ci.log", 1, "api", "build"],
        ["web/package-lock.json", 10, "web", undefined],
      ],
    );
    assert.deepEqual(
      inputs.map(({ path, kind, entries, error }) => [
        path.slice(folder.path.length + 7),
        kind,
        entries,
        error?.replace(/^\S+: /, ""),
      ]),
      [
        ["api/ci.log", "ci-log", 1, undefined],
        ["api/package-lock.json", "package-lock", 3, undefined],
        ["api/requirements.txt", "requirements", 2, undefined],
        ["ops/package-lock.json", null, 0, "it has a merge conflict"],
        ["web/package-lock.json", "package-lock", 3, undefined],
      ],
    );
    assert.deepEqual(
      unjudged.map(({ name, reason, line }) => [name, reason, line]),
      [["own @ git+https://forge.example/acme/own", "comes from git", 2]],
    );
    assert.deepEqual(
      summary.repositories.map(({ name, isAffected }) => [name.slice(-3), isAffected]),
      [
        ["api", true],
        ["web", true],
      ],
    );
    assert.deepEqual(
      summary.jobs.map(({ name, isAffected }) => [name, isAffected]),
      [["build", true]],
    );
    assert.equal(summary.unlisted, 1);
    assert.deepEqual([summary.holds.ending, summary.holds.open], [1, 1]);
    assert.deepEqual([summary.scripts.running, summary.scripts.verdicts], [1, { quarantine: 1 }]);
    const requests = decisions.find(({ purl }) => purl.includes("requests"));
    assert.match(requests?.problem ?? "", /127\.0\.0\.1:9\/requests\/ cannot be reached/);
  });

  it("asks nobody offline, and judges by what the files tell", async () => {
    const before = registry.requests.length;
    const report = await json(at("repos"), "--offline");
    assert.equal(registry.requests.length, before);
    assert.deepEqual(decided(report).slice(0, 2), ["block npm/evil@1.0.0", "allow npm/nobody@1.0.0"]);
    assert.deepEqual(Object.keys(report.summary.missing).sort(), ["listing", "time"]);
    assert.equal(report.summary.partly, 6);
  });

  it("asks a registry once for what it looked at lately", async () => {
    await json(at("calm"));
    const before = registry.requests.length;
    await json(at("calm"));
    assert.equal(registry.requests.length, before);
  });

  it("ends with 1 from the verdict on that it is to fail on, and with 2 where nothing could be read", async () => {
    const codes = async (...args: readonly string[]) => (await run(...args)).code;
    assert.equal(await codes(at("calm")), 0);
    assert.equal(await codes(at("repos")), 1);
    folder.write("held/package-lock.json", lock("plain@1.1.0"));
    assert.equal(await codes(at("held")), 1);
    assert.equal(await codes(at("held"), "--fail-on", "block"), 0);
    assert.equal(await codes(at("repos/ops")), 2);
    assert.equal(await codes(at("empty")), 2);
    assert.equal(await codes(at("nowhere")), 2);
  });

  it("judges as of a time", async () => {
    const report = await json(at("repos/web"), "--at", new Date(Date.now() + 5 * 86_400_000).toISOString());
    assert.ok(decided(report).includes("allow npm/plain@1.1.0"));
  });

  it("shows a person what matters", async () => {
    const { stdout } = await run(at("repos"), "--offline");
    assert.match(
      stdout,
      /block {2}pkg:npm\/evil@1\.0\.0\n {4}An advisory names this release as malicious\. \[MAL-2026-1\] \(known-malicious\/malware\)\n {4}\S+api\/ci\.log:1, \S+web\/package-lock\.json:10\n/,
    );
    assert.match(stdout, /✗ \S+ops\/package-lock\.json:2:1: it has a merge conflict/);
    assert.match(
      stdout,
      /Cordon would block 1 of 6 releases in 2 repositories\. Installs in 2 repositories, and 1 job, would meet a refusal\.\n$/,
    );
  });

  it("writes SARIF that its schema knows, with the lines of the lockfiles", async () => {
    const { stdout } = await run(at("repos"), "--offline", "--reporter", "sarif");
    const log = JSON.parse(stdout);
    assert.deepEqual(sarifProblems(log), []);
    const [result] = log.runs[0].results;
    assert.deepEqual(
      [result.ruleId, result.level, result.locations[1].physicalLocation.region],
      ["known-malicious/malware", "error", { startLine: 10 }],
    );
  });

  it("writes JUnit, annotations, markdown and a page", async () => {
    const junit = (await run(at("repos"), "--offline", "--reporter", "junit")).stdout;
    assert.match(
      junit,
      /<testcase [^>]*name="pkg:npm\/evil@1\.0\.0"[^>]*>\n\s*<failure message="block pkg:npm\/evil@1\.0\.0: /,
    );
    assert.match(junit, /name="can be read"[^>]*>\n\s*<failure message="[^"]*merge conflict/);
    const github = (await run(at("repos"), "--offline", "--reporter", "github")).stdout;
    assert.match(
      github,
      /^::error file=\S+web\/package-lock\.json,line=10,title=cordon%3A block pkg%3Anpm\/evil@1\.0\.0::block pkg:npm\/evil@1\.0\.0: /m,
    );
    const markdown = (await run(at("repos"), "--offline", "--reporter", "markdown")).stdout;
    assert.match(
      markdown,
      /^## Cordon would block 1 of 6 releases in 2 repositories\.\n[\s\S]*- \*\*blocked\*\* `pkg:npm\/evil@1\.0\.0`: `An advisory/,
    );
    const out = at("report.html");
    const { stdout } = await run(at("repos"), "--offline", "--reporter", "html", "--out", out, "--title", "All of us");
    assert.equal(stdout, `The report is in ${out}.\n`);
    assert.match(readFileSync(out, "utf8"), /^<!doctype html>[\s\S]*All of us[\s\S]*<em class="blocked">block 1<\/em>/);
  });

  it("keeps what it fetched below the folder that it runs in, and nowhere else", () => {
    assert.ok(existsSync(join(".cordon", "registries")));
    assert.ok(!existsSync(at(".cordon")));
  });
});
