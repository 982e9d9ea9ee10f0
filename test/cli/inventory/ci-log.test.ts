import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readIfKnown, readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";

const HOST = "https://registry.example";

function purlsIn(...lines: readonly string[]): string[] {
  return readInventory("build.log", lines.join("\n")).releases.map(({ id }) => toPurl(id));
}

/** A line of a tool, and what it names. */
const NAMED: readonly [tool: string, line: string, ...purls: string[]][] = [
  [
    "npm's fetches",
    `npm http fetch GET 200 ${HOST}/@acme/ui/-/ui-1.2.3.tgz 12ms (cache miss)`,
    "pkg:npm/%40acme/ui@1.2.3",
  ],
  ["npm's fetches of older versions", `npm http 200 ${HOST}/left-pad/-/left-pad-1.3.0.tgz`, "pkg:npm/left-pad@1.3.0"],
  [
    "an address with an encoded scope",
    `npm http fetch GET 200 ${HOST}/@acme%2fui/-/ui-1.2.3-rc.1.tgz`,
    "pkg:npm/%40acme/ui@1.2.3-rc.1",
  ],
  [
    "npm's warnings",
    "npm warn deprecated rimraf@3.0.2: Rimraf versions prior to v4 are no longer supported",
    "pkg:npm/rimraf@3.0.2",
  ],
  ["npm 6's warnings", "npm WARN deprecated @acme/old@1.0.0: no", "pkg:npm/%40acme/old@1.0.0"],
  ["npm's errors", "npm error 404  'flatmap-stream@0.1.1' is not in this registry.", "pkg:npm/flatmap-stream@0.1.1"],
  [
    "npm's scripts",
    "npm info run esbuild@0.21.5 postinstall node_modules/esbuild node install.js",
    "pkg:npm/esbuild@0.21.5",
  ],
  ["a dependency's script in npm 6", "> fsevents@1.2.4 install /app/node_modules/fsevents", "pkg:npm/fsevents@1.2.4"],
  ["npm ls", "├─┬ @acme/ui@1.2.3 deduped", "pkg:npm/%40acme/ui@1.2.3"],
  ["npm ls in plain characters", "| `-- left-pad@1.3.0", "pkg:npm/left-pad@1.3.0"],
  ["what npm 6 added", "+ express@4.18.2", "pkg:npm/express@4.18.2"],
  ["what pnpm added", "+ express 4.18.2 (4.19.0 is available)", "pkg:npm/express@4.18.2"],
  [
    "pnpm's warnings",
    " WARN  deprecated glob@7.2.3: Glob versions prior to v9 are no longer supported",
    "pkg:npm/glob@7.2.3",
  ],
  [
    "yarn 1's warnings",
    "warning jest > jest-cli > request@2.88.2: request has been deprecated",
    "pkg:npm/request@2.88.2",
  ],
  ["what yarn 1 added", "├─ left-pad@1.3.0", "pkg:npm/left-pad@1.3.0"],
  [
    "yarn's fetches",
    "➤ YN0013: │ @acme/ui@npm:1.2.3 can't be found in the cache and will be fetched from the remote registry",
    "pkg:npm/%40acme/ui@1.2.3",
  ],
  [
    "what yarn 4 added",
    "➤ YN0085: │ + left-pad@npm:1.3.0, ms@npm:2.1.3, and 10 more.",
    "pkg:npm/left-pad@1.3.0",
    "pkg:npm/ms@2.1.3",
  ],
  ["bun", "installed @acme/ui@1.2.3 with binaries:", "pkg:npm/%40acme/ui@1.2.3"],
  [
    "pip's end",
    "Successfully installed Jinja2-3.1.4 zope.interface-6.4 a-b-1.0.post1",
    "pkg:pypi/jinja2@3.1.4",
    "pkg:pypi/zope-interface@6.4",
    "pkg:pypi/a-b@1.0.post1",
  ],
  ["pip's wheels", "  Downloading charset_normalizer-3.3.2-cp311-cp311-manylinux_2_17_x86_64.whl.metadata (33 kB)"],
  [
    "pip's downloads",
    "  Downloading charset_normalizer-3.3.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl (140 kB)",
    "pkg:pypi/charset-normalizer@3.3.2",
  ],
  ["pip's cache", "  Using cached python-docx-0.8.10.tar.gz (5.5 MB)", "pkg:pypi/python-docx@0.8.10"],
  [
    "a pin of pip with extras",
    "Collecting requests[socks]==2.32.0 (from -r requirements.txt (line 3))",
    "pkg:pypi/requests@2.32.0",
  ],
  ["a pin of pip", "Collecting requests==2.32.0", "pkg:pypi/requests@2.32.0"],
  [
    "what pip has",
    "Requirement already satisfied: lxml>=2.3.2 in /usr/lib/python3/dist-packages (from python-docx) (4.5.1)",
    "pkg:pypi/lxml@4.5.1",
  ],
  [
    "an address of pip",
    `  Downloading ${HOST}/packages/b0/16/xlrd-1.2.0-py2.py3-none-any.whl (103kB)`,
    "pkg:pypi/xlrd@1.2.0",
  ],
  ["uv", " + charset-normalizer==3.3.2", "pkg:pypi/charset-normalizer@3.3.2"],
  ["uv's lock", "Updated urllib3 v2.2.1 -> v2.2.2", "pkg:pypi/urllib3@2.2.2"],
  ["Poetry", "  - Installing certifi (2024.7.4)", "pkg:pypi/certifi@2024.7.4"],
  ["Poetry's updates", "  • Updating idna (3.6 -> 3.7): Pending...", "pkg:pypi/idna@3.7"],
  ["cargo's downloads", "  Downloaded serde_json v1.0.33", "pkg:cargo/serde_json@1.0.33"],
  ["cargo's builds", "   Compiling ring v0.17.8", "pkg:cargo/ring@0.17.8"],
  ["another registry of cargo", "    Checking dep v1.0.0 (registry `acme`)", "pkg:cargo/dep@1.0.0"],
  ["cargo's updates", "    Updating libc v0.2.154 -> v0.2.155", "pkg:cargo/libc@0.2.155"],
  ["npm ls, an alias", "└── alias@npm:@acme/real@4.0.0", "pkg:npm/%40acme/real@4.0.0"],
  ["cargo tree", "│   └── itoa v1.0.11 (*)", "pkg:cargo/itoa@1.0.11"],
  ["go's downloads", "go: downloading github.com/gin-gonic/gin v1.6.3", "pkg:golang/github.com/gin-gonic/gin@v1.6.3"],
  [
    "a pseudo-version",
    "go: downloading golang.org/x/sys v0.0.0-20200116001909-b77594299b42",
    "pkg:golang/golang.org/x/sys@v0.0.0-20200116001909-b77594299b42",
  ],
  ["go's upgrades", "go: upgraded gopkg.in/yaml.v2 v2.2.8 => v2.4.0", "pkg:golang/gopkg.in/yaml.v2@v2.4.0"],
  [
    "go's refusals",
    "go: example.com/Acme/dep@v1.2.0: reading https://proxy.example/go/x: 403 Forbidden",
    "pkg:golang/example.com/Acme/dep@v1.2.0",
  ],
  ["a module proxy's address", `${HOST}/go/github.com/acme/lib/@v/v1.0.0.zip`, "pkg:golang/github.com/acme/lib@v1.0.0"],
  ["a crate's address", `GET ${HOST}/api/v1/crates/serde/1.0.203/download`, "pkg:cargo/serde@1.0.203"],
];

/** What looks alike, and names no release. */
const NEAR: readonly string[] = [
  "npm info using npm@10.8.1",
  "npm info using node@v20.14.0",
  "npm notice New minor version of npm available! 10.7.0 -> 10.8.1",
  "npm WARN blog@1.0.0 No repository field.",
  "> web@1.0.0 build",
  "> tsc -p .",
  "node v20.14.0",
  "Python 3.12.3",
  "rustc 1.79.0 (129f3b996 2024-06-10)",
  "go version go1.22.4 linux/amd64",
  "foo@1.0.0 passed in 12ms",
  "    at Object.<anonymous> (/app/node_modules/left-pad@1.3.0/index.js:1:1)",
  "mail ann@1.0.0.example",
  "git@1.2.3.4:acme/repo.git",
  "Collecting requests>=2.0",
  "Compiling TypeScript 5.4.5",
  "   Compiling web v0.1.0 (/home/ci/web)",
  "    Updating crates.io index",
  "    Finished `release` profile [optimized] target(s) in 3.2s",
  "go: finding module for package github.com/acme/lib",
  "ok  \tgithub.com/acme/lib\t0.012s",
  "go: downloading golang.org/toolchain v0.0.1-go1.22.4.linux-amd64",
  "warning package.json: No license field",
  "➤ YN0019: │ left-pad-npm-1.3.0-abc.zip appears to be unused - removing",
  "➤ YN0085: │ - left-pad@npm:1.3.0",
  " - charset-normalizer==3.3.2",
  "Successfully installed everything",
  "- Installing the dependencies (again)",
  `${HOST}/docs/1.0.0/index.html`,
  "   Removing old v1.0.0",
];

const PREFIXES: readonly [name: string, prefix: string][] = [
  ["GitHub's times", "2026-11-25T10:00:00.1234567Z "],
  ["GitHub's times with a mark", "\ufeff2026-11-25T10:00:00.1234567Z "],
  ["the columns of `gh run view --log`", "build\tInstall\t2026-11-25T10:00:00.1234567Z "],
  ["GitLab's times", "2026-11-25T10:00:00.123456Z 01O "],
  ["Jenkins' times", "[2026-11-25T10:00:00.123Z] "],
  ["times of day", "[10:00:00] "],
  ["Docker's steps", "#12 3.456 "],
  ["Buildkite's times", "\u001b_bk;t=1764064800000\u0007"],
  ["colours", "\u001b[0m\u001b[1m"],
  ["what a progress bar drew before", "downloading 10%\rdownloading 90%\r"],
];

describe("a CI's log", () => {
  for (const [tool, line, ...purls] of NAMED)
    if (purls.length > 0)
      it(`names what stands in ${tool}`, () => {
        assert.deepEqual(purlsIn(line), purls);
        assert.equal(readInventory("build.log", line).kind, "ci-log");
      });
    else it(`takes no version from ${tool}`, () => assert.equal(readIfKnown("build.log", line), undefined));

  for (const line of NEAR)
    it(`names nothing by ${JSON.stringify(line)}`, () => assert.equal(readIfKnown("build.log", line), undefined));

  for (const [name, prefix] of PREFIXES)
    it(`reads lines behind ${name}`, () => {
      assert.deepEqual(purlsIn(`${prefix}go: downloading example.com/dep v1.0.0`), [
        "pkg:golang/example.com/dep@v1.0.0",
      ]);
    });

  it("tells the line of each, and the job where the log does", () => {
    const log = ["a line", "build\tInstall\t2026-11-25T10:00:00.1Z go: downloading example.com/dep v1.0.0"].join("\n");
    const [release] = readInventory("log.txt", log).releases;
    assert.deepEqual([release?.line, release?.job], [2, "build"]);
  });

  it("tells what comes from elsewhere", () => {
    const { unjudged } = readInventory(
      "build.log",
      [
        "   Compiling libtest v0.0.1 (https://forge.example/acme/libtest#63ae7605)",
        " + own==1.0 (from git+https://forge.example/acme/own@0123)",
        " + here==1.0 (from file:///app)",
        "  - Installing mine (1.0 /app/mine)",
      ].join("\n"),
    );
    assert.deepEqual(
      unjudged.map(({ name, reason, line }) => [name, reason, line]),
      [
        ["libtest", "comes from git", 1],
        ["own", "comes from git", 2],
        ["here", "lies in a folder", 3],
        ["mine", "lies in a folder", 4],
      ],
    );
  });

  it("is linear in what it reads: a megabyte in one line, and a million lines", () => {
    const long = ["a", "@", "-", "1.", " + a", "https://", "├── ", "\u001b[", "Successfully installed a-1 "].map(
      (text) => text.repeat(1_000_000 / text.length),
    );
    for (const line of long)
      assert.ok(
        purlsIn(`${line}\ngo: downloading example.com/dep v1.0.0`).includes("pkg:golang/example.com/dep@v1.0.0"),
      );
    const many = `${"npm http fetch GET 200 x\n".repeat(500_000)}go: downloading example.com/dep v1.0.0`;
    assert.deepEqual(purlsIn(many), ["pkg:golang/example.com/dep@v1.0.0"]);
  });
});
