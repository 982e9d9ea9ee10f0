import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { UnjudgedEntry } from "../../cli/dry-run/report.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";

const FORGE = "https://forge.example/acme/tool/tarball/main";
const lock = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages }, null, 1);
const TOOL = { "node_modules/tool": { version: "2.0.0", resolved: FORGE } };

describe("cordon check of what no registry has", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      "advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      "none.package-lock.json": lock(TOOL),
      "some.package-lock.json": lock({ ...TOOL, "node_modules/fine": { version: "1.0.0" } }),
      "evil.package-lock.json": lock({ ...TOOL, "node_modules/evil": { version: "1.0.1" } }),
      "empty.package-lock.json": lock({}),
    });
  });
  after(() => folder.remove());

  const run = (name: string, ...args: readonly string[]): Promise<CliRun> =>
    cordon("check", "--dir", folder.path, "--offline", "--lockfile", join(folder.path, name), ...args);

  it("says so, and exits with 2 where nothing else is named: what was not judged is no pass", async () => {
    const { code, stdout } = await run("none.package-lock.json");
    assert.equal(code, 2);
    assert.equal(
      stdout,
      "0 releases, 0 denied\nNot judged, because it comes from an address: tool.\nNothing could be judged.\n",
    );
  });

  it("says so beside what was judged, which then counts", async () => {
    const { code, stdout } = await run("some.package-lock.json");
    assert.equal(code, 0);
    assert.match(stdout, /^allow {2}pkg:npm\/fine@1\.0\.0/);
    assert.match(stdout, /\n1 release, 0 denied\nNot judged, because it comes from an address: tool\.\n/);
    assert.equal((await run("evil.package-lock.json")).code, 1);
  });

  it("is fine with a lockfile that names nothing at all", async () => {
    const { code, stdout } = await run("empty.package-lock.json");
    assert.deepEqual([code, stdout], [0, "0 releases, 0 denied\n"]);
  });

  it("tells it in JSON, with the place", async () => {
    for (const [name, code, purls] of [
      ["none.package-lock.json", 2, []],
      ["some.package-lock.json", 0, ["pkg:npm/fine@1.0.0"]],
    ] as const) {
      const found = await run(name, "--json");
      const { decisions, unjudged } = found.json() as { decisions: Decision[]; unjudged: UnjudgedEntry[] };
      assert.deepEqual(
        decisions.map(({ purl }) => purl),
        purls,
      );
      assert.deepEqual(unjudged, [
        { name: "tool", reason: "comes from an address", path: join(folder.path, name), line: 4 },
      ]);
      assert.equal(found.code, code);
    }
  });

  const REPORTERS: readonly [reporter: string, text: RegExp][] = [
    ["github", /^Not judged, because it comes from an address: tool\.\nNothing of what was read could be judged\.\n$/],
    [
      "markdown",
      /^## Nothing of what was read could be judged\.\n[\s\S]*1 entry not judged, because it `comes from an address`/,
    ],
    ["sarif", /"Not judged, because it comes from an address: tool\."/],
    ["html", /<span class="name">Nothing of what was read could be judged<\/span><\/h1>/],
    ["junit", /<testcase[^>]*name="tool"[^>]*>\s*<skipped[^>]*comes from an address/],
  ];
  for (const [reporter, text] of REPORTERS)
    it(`tells it by --reporter ${reporter}`, async () => {
      const { code, stdout } = await run("none.package-lock.json", "--reporter", reporter);
      assert.match(stdout, text);
      assert.equal(code, 2);
    });
});

describe("cordon check of requirements that name other files", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      "advisories/MAL-2026-1.json": JSON.stringify({
        ...malwareRecord("evil", ["1.0.1"]),
        affected: [{ package: { ecosystem: "PyPI", name: "evil" }, versions: ["1.0.1"] }],
      }),
      "app/.git/HEAD": "x",
      "app/requirements.txt": "-r requirements/base.txt\n-c 'constraints of ours.txt' # why\nflask\n",
      "app/constraints of ours.txt": "flask==3.0.0\n",
      "app/requirements/base.txt": "idna==3.7\n--requirement=../more.in\n-rbase.txt\n",
      "app/more.in": "evil==1.0.1\n--requirement requirements/base.txt\nloose\n",
      "app/missing.txt": "a==1\n-r nowhere.txt\n",
      "app/outside.txt":
        "a==1\n-r ../secret.txt\n-r linked.txt\n-r https://files.example/x.txt\n-r $" + "{HOME}/x.txt\n",
      "app/absolute.txt": "a==1\n-r /etc/hostname\n",
      "secret.txt": "secret-token\n",
      ...Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [`app/deep/${index}.txt`, `a${index}==1\n-r ${index + 1}.txt\n`]),
      ),
    });
    symlinkSync(join(folder.path, "secret.txt"), join(folder.path, "app/linked.txt"));
    mkdirSync(join(folder.path, "app/folder"));
    folder.write("app/folder.txt", "a==1\n-r folder\n");
  });
  after(() => folder.remove());

  const run = (name: string, ...args: readonly string[]): Promise<CliRun> =>
    cordon("check", "--dir", folder.path, "--offline", "--lockfile", join(folder.path, name), ...args);

  it("judges what they name too, each file once", async () => {
    const found = await run("app/requirements.txt", "--json");
    const { decisions, unjudged } = found.json() as { decisions: Decision[]; unjudged: UnjudgedEntry[] };
    assert.deepEqual(decisions.map(({ purl }) => purl).sort(), [
      "pkg:pypi/evil@1.0.1",
      "pkg:pypi/flask@3.0.0",
      "pkg:pypi/idna@3.7",
    ]);
    assert.deepEqual(unjudged.map(({ name, reason }) => `${name} ${reason}`).sort(), [
      "flask is not pinned to a version",
      "loose is not pinned to a version",
    ]);
    assert.equal(found.code, 1);
  });

  it("reads nothing that lies outside, and says so", async () => {
    const found = await run("app/outside.txt", "--json");
    const { unjudged } = found.json() as { unjudged: UnjudgedEntry[] };
    assert.deepEqual(
      unjudged.map(({ name, reason, line }) => `${line} ${name} ${reason}`),
      [
        "4 -r https://files.example/x.txt comes from an address",
        "5 -r $" + "{HOME}/x.txt is named by a variable",
        "2 -r ../secret.txt lies outside of the repository, and is not read",
        "3 -r linked.txt lies outside of the repository, and is not read",
      ],
    );
    assert.doesNotMatch(found.stdout + found.stderr, /secret-token/);
    const absolute = await run("app/absolute.txt");
    assert.match(absolute.stdout, /because it lies outside of the repository, and is not read: -r \/etc\/hostname\./);
  });

  it("exits with 2 where one of them cannot be read", async () => {
    for (const [name, text] of [
      ["app/missing.txt", /missing\.txt:2:1: it names nowhere\.txt, which is not there/],
      ["app/folder.txt", /folder cannot be read/],
      ["app/deep/0.txt", /files name others more than 20 deep/],
    ] as const) {
      const { code, stderr } = await run(name);
      assert.match(stderr, text, name);
      assert.equal(code, 2, name);
    }
  });

  it("is for a dry run what lies there anyway", async () => {
    const dryRun = async (path: string) => {
      const found = await cordon("dry-run", join(folder.path, path), "--dir", folder.path, "--offline", "--json");
      return (found.json() as { unjudged: UnjudgedEntry[] }).unjudged.map(({ name, reason }) => `${name} ${reason}`);
    };
    const loose = "is a file of its own, read only where it is given too";
    assert.deepEqual(await dryRun("app/requirements.txt"), [
      "flask is not pinned to a version",
      `-r requirements/base.txt ${loose}`,
      `-c constraints of ours.txt ${loose}`,
    ]);
    const all = await dryRun("app");
    assert.ok(!all.some((entry) => entry.includes("base.txt")), String(all));
    assert.ok(all.includes(`-r nowhere.txt ${loose}`));
    assert.ok(all.includes(`-r ../more.in ${loose}`));
  });
});
