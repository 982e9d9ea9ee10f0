/** What looks like a line of a tool, and names no release. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readIfKnown } from "../../../../cli/inventory/inventory.ts";

const HOST = "https://registry.example";

const NEAR: Readonly<Record<string, readonly string[]>> = {
  "versions of tools": [
    "npm info using npm@10.8.1",
    "npm info using node@v20.14.0",
    "npm verb cli   'lib2@1.0.0'",
    "npm notice New minor version of npm available! 10.7.0 -> 10.8.1",
    "node v20.14.0",
    "Python 3.12.3",
    "rustc 1.79.0 (129f3b996 2024-06-10)",
    "go version go1.22.4 linux/amd64",
    "go: downloading go1.22.4 (linux/amd64)",
    "go: downloading golang.org/toolchain v0.0.1-go1.22.4.linux-amd64",
    "Installing node v20.14.0",
    "Done in 1s using pnpm v10.34.9",
    "bun add v1.4.5 (a7733435c)",
    "WARNING: You are using pip version 19.2.3, however version 20.1.1 is available.",
  ],
  "the project itself": [
    "npm WARN blog@1.0.0 No repository field.",
    "npm silly placeDep ROOT lib2@ REPLACE for: app@1.0.0 want: 9.0.0",
    "npm ERR! app@1.0.0 test: `jest`",
    "> web@1.0.0 build",
    "> web@1.0.0 postinstall",
    "> web@1.0.0 postinstall /app",
    "app@1.0.0 /app",
    'warning web@1.0.0: The engine "node" appears to be invalid.',
  ],
  "tests, prose and traces": [
    "foo@1.0.0 passed in 12ms",
    "✓ foo@1.0.0 (12 ms)",
    "├─ foo@1.0.0 passed",
    "    at Object.<anonymous> (/app/node_modules/left-pad@1.3.0/index.js:1:1)",
    `    at download (${HOST}/x/-/x-1.0.0.tgz.js:1:1)`,
    "mail ann@1.0.0.example",
    "git@1.2.3.4:acme/repo.git",
    "We released left-pad@1.3.0 yesterday.",
    "Compiling TypeScript 5.4.5",
    "Checking links v1.0.0 of the manual",
    "Updating docs v1.0.0 (done)",
    "   Removing old v1.0.0",
    "Successfully installed everything",
    "Successfully installed the hooks - 3 files",
    "- Installing the dependencies (again)",
    "ok  \tgithub.com/acme/lib\t0.012s",
    "Collecting garbage",
    "Processing 1.0.0",
    "Processing data/rows.csv",
    "Processing /app/input.json",
    "Downloading the internet (5 MB)",
    "Requirement already satisfied by design (1.0)",
  ],
  "a shell's trace, and other tools' trees": [
    "+ setversion 1.2.3",
    "+ npm install left-pad@1.3.0",
    "├── dep v1.1.0",
    "└── 1.0.0",
  ],
  "what leaves the version open": [
    "Collecting requests>=2.0",
    "Collecting requests==2.*",
    "npm silly fetch manifest ms@^2.0.0",
    "npm sill pacote range manifest for ms@2.x fetched in 5ms",
    "│  └─ b@^1.0.0",
    "go: finding module for package github.com/acme/lib",
    "go: finding github.com/acme/lib latest",
    "    Updating crates.io index",
    "      Adding dep =1.0.0 to dependencies",
    "    Finished `release` profile [optimized] target(s) in 3.2s",
  ],
  "what goes, or is only looked at": [
    "➤ YN0019: │ left-pad-npm-1.3.0-abc.zip appears to be unused - removing",
    "➤ YN0085: │ - left-pad@npm:1.3.0",
    " - charset-normalizer==3.3.2",
    "  - Removing upd (2.0)",
    "  - Installing win (1.0): Skipped for the following reason: Not required",
    "go: removed example.com/Acme/host v1.0.0",
    `  Found link ${HOST}/files/ea/ba/upd-1.0-py3-none-any.whl (from ${HOST}/simple/upd/), version: 1.0`,
    "  Downloading upd-1.0-py3-none-any.whl.metadata (58 bytes)",
    "DEBUG Selecting: upd==1.0 [compatible] (upd-1.0-py3-none-any.whl)",
    `# get ${HOST}/example.com/dep/v2/@v/v2.2.0.mod: 200 OK (0.001s)`,
    `# get ${HOST}/example.com/dep/v2/@v/v2.2.0.info`,
  ],
  "downloads of no registry": [
    `curl: downloading ${HOST}/gnu/bash/bash-5.2.tar.gz`,
    `Downloading ${HOST}/dist/v20.14.0/node-v20.14.0-linux-x64.tar.gz`,
    `GET ${HOST}/docs/1.0.0/index.html`,
    `GET ${HOST}/x/-/y-1.0.0.tgz`,
  ],
  "files of other kinds": [
    `left-pad@^1.3.0:\n  version "1.3.0"\n  resolved "${HOST}/left-pad/-/left-pad-1.3.0.tgz#5b8a3a77"`,
    `<a href="${HOST}/packages/xlrd-1.2.0-py2.py3-none-any.whl">download</a>`,
    "require (\n\tgithub.com/acme/lib v1.0.0\n)",
    "pkg:npm/left-pad@1.3.0",
    "requests==2.32.0\nidna==3.7",
    "",
  ],
};

describe("no log is", () => {
  for (const [what, texts] of Object.entries(NEAR))
    for (const text of texts)
      it(`${what}: ${JSON.stringify(text)}`, () => assert.notEqual(readIfKnown("build.log", text)?.kind, "ci-log"));
});
