import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nextSteps } from "../../../cli/init/next.ts";
import { writeFiles } from "../../../cli/init/place.ts";
import { originPage, parseChannel, parseOwners, parsePublicUrl, parseRepository } from "../../../cli/init/settings.ts";
import { requireConfig } from "../../../core/config.ts";
import { CordonError } from "../../../core/errors.ts";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { makeGitHome } from "../../support/git-home.ts";

const isUsage = (error: unknown): boolean => error instanceof CordonError && error.code === "USAGE";

describe("what somebody types into init", () => {
  const ADDRESSES: readonly [name: string, text: string, page: string][] = [
    ["a token", "https://x-access-token:ghp_secret@github.com/acme/policies.git", "https://github.com/acme/policies"],
    [
      "a token in the query",
      "https://github.com/acme/policies?token=secret#secret",
      "https://github.com/acme/policies",
    ],
    ["quotes", `https://gitlab.acme.example/a"b'c`, "https://gitlab.acme.example/a%22b'c"],
    ["line feeds", "https://gitlab.acme.example/acme\npolicies\r\n", "https://gitlab.acme.example/acmepolicies"],
    [
      "git's own spelling",
      "ssh://git@gitea.acme.example:2222/acme/policies.git",
      "https://gitea.acme.example/acme/policies",
    ],
  ];
  for (const [name, text, page] of ADDRESSES)
    it(`is an address of a repository without ${name}`, () => assert.equal(parseRepository(text), page));

  const NO_ADDRESSES = [
    ...["", "policies", "/srv/git/policies.git", "file:///srv/policies", "javascript:alert(1)", "-u", "https://"],
    ...["https://github.com/acme", "https://github.com/acme/policies/tree/main", `https://github.com/acme/a"b`],
    ...["https://github.com/acme/..", "https://github.com/ac me/policies", "https://github.com/acme/policies@x"],
  ];
  for (const text of NO_ADDRESSES)
    it(`is no address of a repository: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRepository(text), isUsage);
      assert.equal(originPage(text), undefined);
    });

  it("is not shown where it is wrong and may be a secret", () => {
    for (const parse of [parseRepository, parsePublicUrl])
      assert.throws(
        () => parse("htps://dev:p@ghp_secret@github.com/acme/policies?token=ghp_secret"),
        (error) => isUsage(error) && !String(error).includes("ghp_secret"),
      );
  });

  it("is an address of a proxy without credentials, or none", () => {
    assert.equal(parsePublicUrl("https://dev:secret@packages.acme.example/x/?a#b"), "https://packages.acme.example/x");
    for (const text of ["", "packages.acme.example", "ftp://packages.acme.example", "https://a b"])
      assert.throws(() => parsePublicUrl(text), isUsage, text);
  });

  it("is a channel, or none", () => {
    assert.equal(parseChannel("eu-1.stable"), "eu-1.stable");
    for (const text of ["", "Stable", "a b", "a\nb", '"', "-x", "a".repeat(64), "a@b", "{{x}}"])
      assert.throws(() => parseChannel(text), isUsage, text);
  });

  it("is an owner, or none", () => {
    assert.deepEqual(parseOwners(" @acme/security,@dev\tops@acme.example  @dev "), [
      "@acme/security",
      "@dev",
      "ops@acme.example",
    ]);
    for (const text of [
      "acme/security",
      "@acme/security#x",
      "@",
      "@acme/",
      "@a/b/c",
      "*",
      "@acme\u202e",
      "!x",
      "[@acme]",
    ])
      assert.throws(() => parseOwners(text), isUsage, text);
  });

  it("is one word of a shell in the commands that are shown", () => {
    const [first] = nextSteps({
      settings: {
        forge: "gitlab",
        repository: parseRepository("https://gitlab.acme.example/a;id"),
        publicUrl: undefined,
        channel: "stable",
        owners: [],
        action: { repository: undefined, ref: undefined, version: undefined },
        isTop: true,
        workflows: false,
      },
      hasRepository: true,
      isCommitted: true,
      hasOrigin: false,
      kept: [],
    });
    assert.match(first.command, / git remote add origin 'https:\/\/gitlab\.acme\.example\/a;id' && /);
  });
});

describe("cordon init, where an address is somebody's trap", () => {
  let folder: Folder;
  before(() => {
    folder = makeFolder();
  });
  after(() => folder.remove());

  const ORIGINS: readonly [name: string, url: string, repository: string | undefined][] = [
    [
      "ends a string of YAML",
      `https://gitlab.acme.example/a"},x:{"b'#`,
      "https://gitlab.acme.example/a%22%7D,x:%7B%22b'",
    ],
    ["ends a line of a workflow", 'https://github.com/acme/x\n        run: "id"', undefined],
    ["holds an expression of a workflow", "https://github.com/acme/$" + "{{secrets.TOKEN}}", undefined],
    ["is a command for git", "ext::sh -c id", undefined],
    ["is a folder", "/srv/git/policies.git", undefined],
  ];
  for (const [index, [name, url, repository]] of ORIGINS.entries()) {
    it(`writes nothing of it but an address: it ${name}`, async () => {
      const home = makeGitHome();
      const dir = join(folder.path, `origin-${index}`);
      folder.write(`origin-${index}/x.txt`, "");
      try {
        home.git(dir, "init", "-q", "-b", "main");
        home.git(dir, "config", "remote.origin.url", url);
        const forge = repository === undefined ? [] : ["--forge", "gitlab", "--no-workflows"];
        const { code, stderr } = await cordon("init", dir, "--no-commit", "--action", "acme/cordon@v1", ...forge);
        assert.deepEqual([code, stderr], [0, ""]);
        const config = requireConfig({ path: "cordon.yaml", text: readFileSync(join(dir, "cordon.yaml"), "utf8") });
        assert.deepEqual([config.repository, config.upstreams], [repository, undefined]);
        if (repository !== undefined) return;
        for (const file of ["policy.yml", "bundle.yml"]) {
          const text = readFileSync(join(dir, ".github/workflows", file), "utf8");
          assert.doesNotMatch(text, /secrets|run:/);
          assert.deepEqual(new YamlFile({ path: file, text }).syntaxErrors, []);
        }
      } finally {
        home.remove();
      }
    });
  }

  const FLAGS: readonly [flag: string, value: string][] = [
    ["--repository", "https://github.com/acme/policies/../../evil"],
    ["--public-url", "javascript:alert(1)"],
    ["--channel", "stable\nupstreams: {}"],
    ["--owners", "@acme/security\n* @evil#"],
    ["--action", "acme/cordon@v1\n      - run: id"],
  ];
  for (const [flag, value] of FLAGS) {
    it(`refuses a value of ${flag} that could be more than it should, and writes nothing`, async () => {
      const dir = join(folder.path, `flag${flag}`);
      const { code, stderr } = await cordon("init", dir, flag, value);
      assert.equal(code, 2);
      assert.match(stderr, /^Error: /);
      assert.ok(!existsSync(dir));
    });
  }

  it("says what to give where the host does not tell the forge, and where there are no workflows for it", async () => {
    const dir = join(folder.path, "forge");
    const flags = ["--repository", "https://code.acme.example/acme/policies"];
    const [unknown, gitea] = await Promise.all([
      cordon("init", dir, ...flags),
      cordon("init", dir, ...flags, "--forge", "gitea", "--workflows"),
    ]);
    assert.match(
      unknown.stderr,
      /^Error: code\.acme\.example does not tell which forge it is\nGive --forge github\|gitea\|gitlab\.\n/,
    );
    assert.match(
      gitea.stderr,
      /^Error: there are no workflows for gitea to write\nLeave --workflows out\. Have its CI run /,
    );
    assert.deepEqual([unknown.code, gitea.code, existsSync(dir)], [2, 2, false]);
  });
});

describe("writeFiles()", () => {
  it("takes back what it wrote when something is in the way, and leaves that", () => {
    const folder = makeFolder({ "a/x.txt": "", "b/there": "mine" });
    try {
      const files = ["a/b/c/new.txt", "d/new.txt", "b/there", "e.txt"].map((path) => ({ path, text: "new" }));
      assert.throws(
        () => writeFiles(folder.path, files),
        (error) => error instanceof CordonError && /cannot be written to, and nothing was/.test(error.message),
      );
      assert.deepEqual(readdirSync(folder.path, { recursive: true }).sort(), ["a", "a/x.txt", "b", "b/there"]);
      assert.equal(readFileSync(join(folder.path, "b/there"), "utf8"), "mine");
    } finally {
      folder.remove();
    }
  });
});
