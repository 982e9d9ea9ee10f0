import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { requireConfig } from "../../../core/config.ts";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FLAGS = [
  ...["--repository", "https://github.com/acme/policies", "--owners", "@acme/security,@acme/web"],
  ...["--public-url", "https://packages.acme.example", "--no-commit"],
];

interface Result {
  readonly dir: string;
  readonly written: string[];
  readonly kept: string[];
  readonly unchanged: string[];
  readonly commit: string | null;
  readonly notes: string[];
  readonly next: string[];
}

/** Every file of a folder with its bytes. */
function contentsOf(path: string): Record<string, string> {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(files.map((file) => [file.slice(path.length + 1), readFileSync(file, "utf8")]));
}

/** The lines of a CODEOWNERS that count: pattern, owners. */
function ownerLines(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => line.split(/\s+/));
}

describe("cordon init", () => {
  let folder: Folder;
  let dir: string;
  let result: Result;
  const read = (path: string): string => readFileSync(join(dir, path), "utf8");

  before(async () => {
    folder = makeFolder();
    dir = join(folder.path, "not/there/yet");
    result = (await cordon("init", dir, ...FLAGS, "--json")).json() as Result;
  });
  after(() => folder.remove());

  it("writes what it names, and nothing else", () => {
    assert.deepEqual(Object.keys(contentsOf(dir)).sort(), [...result.written].sort());
    assert.deepEqual([result.kept, result.unchanged, result.commit, result.notes], [[], [], null, []]);
    for (const path of [
      ...["cordon.yaml", "trust.yaml", "README.md", ".gitignore", "approvals/.gitkeep"],
      ...[".github/CODEOWNERS", ".github/rulesets/main.json", ".github/workflows/policy.yml"],
      ...[".github/workflows/bundle.yml", ".vscode/settings.json", ".vscode/extensions.json"],
      ...["policies/known-malicious.yaml", "tests/known-malicious.yaml", "lists/denied.yaml", "samples/incidents.txt"],
    ])
      assert.ok(result.written.includes(path), path);
  });

  it("gives a repository that passes lint and test at once, without a warning and with its conditions covered", async () => {
    const [lint, test] = await Promise.all([
      cordon("policy", "lint", dir, "--json"),
      cordon("policy", "test", dir, "--threshold", "95", "--json"),
    ]);
    const { diagnostics, policies } = lint.json() as { diagnostics: unknown[]; policies: number };
    assert.deepEqual([lint.code, diagnostics], [0, []]);
    assert.ok(policies >= 6);
    const { passed, failed, skipped } = test.json() as { passed: number; failed: number; skipped: number };
    assert.deepEqual([test.code, failed, skipped], [0, 0, 0]);
    assert.ok(passed > 25);
  });

  it("gives a repository that a bundle is built of", async () => {
    const { code, stderr } = await cordon("bundle", "build", dir, "--out", join(folder.path, "dist"));
    assert.deepEqual([code, stderr], [0, ""]);
  });

  it("writes the settings that were given", () => {
    const config = requireConfig({ path: "cordon.yaml", text: read("cordon.yaml") });
    assert.deepEqual(config, {
      apiVersion: "cordon/v1",
      kind: "Cordon",
      repository: "https://github.com/acme/policies",
      publicUrl: "https://packages.acme.example",
      channel: "stable",
      lifetime: "168h",
      approvals: { maxDays: 90 },
    });
  });

  it("writes feeds that are right once their lines count", () => {
    const text = read("cordon.yaml").replace(/^# (feeds:| {2}- )/gm, "$1");
    const { feeds = [] } = requireConfig({ path: "cordon.yaml", text });
    assert.deepEqual(
      feeds.map(({ name }) => name),
      ["ossf", "osv-npm", "osv-pypi", "osv-cargo", "osv-golang"],
    );
  });

  it("trusts the workflow that it writes, and no other", () => {
    const { value } = new YamlFile({ path: "trust.yaml", text: read("trust.yaml") });
    assert.deepEqual(value, {
      identities: [
        {
          issuer: "https://token.actions.githubusercontent.com",
          workflow: "https://github.com/acme/policies/.github/workflows/bundle.yml@refs/heads/main",
          ref: "refs/heads/main",
          runner: "github-hosted",
        },
      ],
    });
    assert.ok(result.written.includes(".github/workflows/bundle.yml"));
  });

  it("trusts who vouches for the workflows of a server of one's own, and says what that takes", async () => {
    for (const [host, issuer] of [
      ["github.acme.example", "https://github.acme.example/_services/token"],
      ["acme.ghe.com", "https://token.actions.acme.ghe.com"],
    ] as const) {
      const other = join(folder.path, host);
      const address = ["--repository", `https://${host}/acme/policies`, "--forge", "github"];
      assert.equal((await cordon("init", other, ...address, "--no-commit")).code, 0);
      const text = readFileSync(join(other, "trust.yaml"), "utf8");
      const { identities } = new YamlFile({ path: "trust.yaml", text }).value as {
        identities: Record<string, string>[];
      };
      assert.equal(identities[0]?.["issuer"], issuer);
      assert.match(text, /public Sigstore takes no tokens of this issuer/);
    }
  });

  it("writes a trust policy that a proxy takes, also when its two numbers are filled in", async () => {
    folder.write("trust.yaml", read("trust.yaml").replace(/^( {4})# (repositoryId|ownerId)/gm, "$1$2"));
    await cordon("bundle", "build", dir, "--out", join(folder.path, "dist"));
    const { stderr } = await cordon(
      "bundle",
      "verify",
      join(folder.path, "dist"),
      "--trust",
      join(folder.path, "trust.yaml"),
    );
    assert.match(stderr, /bundle\.sigstore\.json/); // not signed: that is found after the trust policy was read
  });

  it("names the owners of everything", () => {
    assert.deepEqual(ownerLines(read(".github/CODEOWNERS")), [["*", "@acme/security", "@acme/web"]]);
  });

  it("has editors find a schema that is there, for each file that has one", () => {
    const settings = JSON.parse(read(".vscode/settings.json")) as Record<string, Record<string, string[]>>;
    const schemas = Object.keys(settings["yaml.schemas"] ?? {});
    assert.ok(schemas.length >= 6);
    for (const schema of schemas) assert.ok((JSON.parse(read(schema)) as { $id: string }).$id, schema);
    for (const path of result.written.filter((path) => path.endsWith(".yaml"))) {
      const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(read(path))?.[1] ?? "none";
      assert.ok(statSync(join(dir, path, "..", schema)).isFile(), path);
    }
  });

  it("has a policy that is added later find the same schema", async () => {
    await cordon("init", join(folder.path, "more"), "--no-commit");
    await cordon("policy", "new", "no-old", join(folder.path, "more"));
    const text = readFileSync(join(folder.path, "more/policies/no-old.yaml"), "utf8");
    assert.match(text, /^# yaml-language-server: \$schema=\.\.\/\.vscode\/schemas\/policy\.schema\.json\n/);
  });

  it("takes the default pack as it is, but for where its schemas lie", () => {
    const bare = (text: string): string => text.replace(/^# yaml-language-server: .*\n/, "");
    for (const part of ["policies", "lists", "tests", "samples", "advisories"])
      for (const name of readdirSync(join(ROOT, "policies", part)))
        assert.equal(
          bare(read(`${part}/${name}`)),
          bare(readFileSync(join(ROOT, "policies", part, name), "utf8")),
          name,
        );
  });

  it("tells three things to do next", () => {
    assert.equal(result.next.length, 3);
    assert.match(
      result.next[0] ?? "",
      /git init -b main && git add \. && .* && git remote add origin https:\/\/github\.com\/acme\/policies && git push -u origin main$/,
    );
    assert.match(
      result.next[1] ?? "",
      /: gh api --method POST repos\/acme\/policies\/rulesets --input \.github\/rulesets\/main\.json$/,
    );
    assert.match(
      result.next[2] ?? "",
      /: cordon proxy --bundle github:acme\/policies --trust trust\.yaml --public-url https:\/\/packages\.acme\.example$/,
    );
  });

  it("changes nothing when it is run again", async () => {
    const before = contentsOf(dir);
    const { code, json } = await cordon("init", dir, ...FLAGS, "--json");
    const again = json() as Result;
    assert.deepEqual([code, again.written, again.kept], [0, [], []]);
    assert.deepEqual(again.unchanged, result.written);
    assert.deepEqual(contentsOf(dir), before);
  });

  it("says what it wrote, and numbers what to do next", async () => {
    const { code, stdout, stderr } = await cordon("init", join(folder.path, "said"), "--no-commit", "--yes");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Wrote \d+ files to \S+said:\n/);
    assert.match(stdout, /^ {2}policies\/ +6 files +the rules$/m);
    assert.deepEqual(
      [...stdout.matchAll(/^ {2}(\d)\. /gm)].map(([, number]) => number),
      ["1", "2", "3"],
    );
  });

  it("names what is to be filled in where nothing is known of the repository", async () => {
    const other = join(folder.path, "unknown");
    const { json } = await cordon("init", other, "--no-commit", "--json", "--action", "acme/cordon@v1");
    assert.match(
      (json() as Result).next[0] ?? "",
      /^Fill in the repository's address in cordon\.yaml, who may sign in trust\.yaml and the owners in \.github\/CODEOWNERS\. Then/,
    );
    assert.match((json() as Result).next[1] ?? "", /: gh api --method POST 'repos\/\{owner\}\/\{repo\}\/rulesets' /);
    const owners = readFileSync(join(other, ".github/CODEOWNERS"), "utf8");
    assert.match(owners, /^# \* +@OWNER\/TEAM$/m);
    assert.doesNotMatch(owners, /^[^#\n]/m);
    assert.doesNotMatch(readFileSync(join(other, ".github/workflows/bundle.yml"), "utf8"), /OWNER|REPO\b| to:/);
  });

  it("trusts nobody by a name that somebody could register, while nothing is known of the repository", async () => {
    const other = join(folder.path, "nobody");
    const { json } = await cordon(
      "init",
      other,
      "--no-commit",
      "--json",
      ...["--action", "acme/cordon@v1", "--channel", "beta"],
    );
    assert.match((json() as Result).next[0] ?? "", /who may sign in trust\.yaml/);
    const trust = join(other, "trust.yaml");
    const text = readFileSync(trust, "utf8");
    assert.match(text, /^# identities:\n# {3}- issuer: /m);
    assert.match(text, /^# Until an identity stands here nobody is trusted/m);
    const dist = join(folder.path, "dist");
    const [verify, proxy] = await Promise.all([
      cordon("bundle", "verify", dist, "--trust", trust),
      cordon("proxy", "--bundle", dist, "--trust", trust, "--listen", "127.0.0.1:0", "--state", join(other, "state")),
    ]);
    for (const { code, stderr } of [verify, proxy]) {
      assert.equal(code, 2);
      assert.match(stderr, /trust\.yaml names nobody who may sign\nFill it in: /);
    }
    const workflow = readFileSync(join(other, ".github/workflows/bundle.yml"), "utf8");
    assert.match(workflow, /to: "github:<OWNER>\/<REPO>@beta"/);
    const filled = text.replace(/^# (?=identities:| {2}[- ] )/gm, "").replaceAll("<OWNER>/<REPO>", "acme/policies");
    folder.write("filled.yaml", filled);
    const { stderr } = await cordon("bundle", "verify", dist, "--trust", join(folder.path, "filled.yaml"));
    assert.match(stderr, /bundle\.sigstore\.json/);
  });

  it("gives other forges the owners that they read, settings that name the forge, and nothing of GitHub's", async () => {
    for (const [forge, path, everything] of [
      ["gitlab", ".gitlab/CODEOWNERS", "*"],
      ["gitea", ".gitea/CODEOWNERS", ".*"],
    ] as const) {
      const other = join(folder.path, forge);
      const address = ["--repository", "https://code.acme.example/acme/policies", "--forge", forge];
      const { code, json } = await cordon(
        "init",
        other,
        ...address,
        ...["--owners", "@acme/security", "--no-commit", "--json"],
      );
      const { written, next, notes } = json() as Result;
      assert.equal(code, 0);
      assert.match(notes.join("\n"), new RegExp(`^There are no workflows for ${forge} to write\\. Have its CI run `));
      assert.deepEqual(
        written.filter((file) => /^\.git(?!ignore)/.test(file)),
        [path],
      );
      const owners = ownerLines(readFileSync(join(other, path), "utf8"));
      assert.deepEqual(owners, [[everything, "@acme/security"]]);
      const text = readFileSync(join(other, "cordon.yaml"), "utf8");
      assert.deepEqual(requireConfig({ path: "cordon.yaml", text }).forge, { kind: forge });
      assert.match(next[0] ?? "", /^Fill in the public key in trust\.yaml\. Then /);
      assert.equal((await cordon("policy", "lint", other)).code, 0);
    }
  });

  it("carries the channel to all that has to know it", async () => {
    const other = join(folder.path, "beta");
    await cordon("init", other, ...FLAGS, "--channel", "beta");
    const at = (path: string): string => readFileSync(join(other, path), "utf8");
    assert.match(at("cordon.yaml"), /^channel: "beta"$/m);
    assert.match(at("trust.yaml"), /^channel: "beta"$/m);
    assert.match(at(".github/workflows/bundle.yml"), /to: "github:acme\/policies@beta"/);
  });

  it("lists with --dry-run what it would write, and writes nothing", async () => {
    const other = join(folder.path, "dry");
    const { code, json } = await cordon("init", other, ...FLAGS, "--dry-run", "--json");
    assert.equal(code, 0);
    assert.deepEqual((json() as Result).written, result.written);
    assert.throws(() => statSync(other));
  });
});

describe("cordon init, where there is something already", () => {
  let folder: Folder;
  before(() => {
    folder = makeFolder();
  });
  after(() => folder.remove());

  it("leaves what is there, names it, and writes the rest", async () => {
    const dir = join(folder.path, "some");
    const mine = { "README.md": "mine\n", ".gitignore": "node_modules/\n", "policies/cvss.yaml": "mine: too\n" };
    for (const [path, text] of Object.entries(mine)) folder.write(`some/${path}`, text);
    const { code, json } = await cordon("init", dir, ...FLAGS, "--json");
    const { kept, written, notes } = json() as Result;
    assert.deepEqual(notes, ["See to it that .gitignore has .cordon/ and dist/: they are made anew."]);
    assert.equal(code, 0);
    assert.deepEqual([...kept].sort(), Object.keys(mine).sort());
    assert.ok(written.includes("cordon.yaml") && !written.includes("README.md"));
    for (const [path, text] of Object.entries(mine)) assert.equal(readFileSync(join(dir, path), "utf8"), text);
  });

  const REFUSED: readonly [name: string, path: string][] = [
    ["other settings", "cordon.yaml"],
    ["settings under a name that is not read", "cordon.yml"],
    ["a policy repository in the folder for policies", "policies/cordon.yaml"],
  ];
  for (const [name, path] of REFUSED) {
    it(`refuses, and writes nothing: ${name}`, async () => {
      const dir = join(folder.path, path.replace("/", "-"));
      folder.write(join(path.replace("/", "-"), path), "apiVersion: cordon/v1\nkind: Cordon\n");
      const { code, stderr, stdout } = await cordon("init", dir, ...FLAGS);
      assert.match(stderr, /^Error: there is a policy repository already: \S+\.ya?ml\n.*cordon policy new/);
      assert.deepEqual([code, stdout, Object.keys(contentsOf(dir))], [2, "", [path]]);
    });
  }

  it("writes through no link, and then nothing at all", async () => {
    const dir = join(folder.path, "linked");
    folder.write("linked/x.txt", "");
    folder.write("elsewhere/x.txt", "");
    symlinkSync(join(folder.path, "elsewhere"), join(dir, "policies"));
    const { code, stderr } = await cordon("init", dir, ...FLAGS);
    assert.equal(code, 2);
    assert.match(stderr, /^Error: \S+linked\/policies is no folder, but a link\n/);
    assert.deepEqual(readdirSync(dir).sort(), ["policies", "x.txt"]);
    assert.deepEqual(readdirSync(join(folder.path, "elsewhere")), ["x.txt"]);
  });

  it("leaves a link where a file would be, and does not write to where it leads", async () => {
    const dir = join(folder.path, "leaf");
    folder.write("leaf/x.txt", "");
    const target = join(folder.path, "target.md");
    symlinkSync(target, join(dir, "README.md"));
    const { code, json } = await cordon("init", dir, ...FLAGS, "--json");
    assert.deepEqual([code, (json() as Result).kept], [0, ["README.md"]]);
    assert.throws(() => statSync(target));
  });

  it("writes nothing where a file lies in the place of a folder, or of DIR", async () => {
    folder.write("file/tests", "");
    for (const dir of [join(folder.path, "file"), join(folder.path, "file/tests")]) {
      const { code, stderr } = await cordon("init", dir, ...FLAGS);
      assert.equal(code, 2);
      assert.match(stderr, /^Error: \S+tests is no folder\n/);
    }
    assert.deepEqual(Object.keys(contentsOf(join(folder.path, "file"))), ["tests"]);
  });
});
