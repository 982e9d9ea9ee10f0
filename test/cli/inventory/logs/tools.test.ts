/** Lines of each tool, in the shapes of its versions and log levels, and what they name. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { namedIn, unjudgedIn } from "../../../support/logs.ts";

const HOST = "https://registry.example";

type Row = readonly [what: string, text: string, ...names: string[]];

const lines = (...all: readonly string[]) => all.join("\n");

const NAMED: Readonly<Record<string, readonly Row[]>> = {
  npm: [
    ["a fetch", `npm http fetch GET 200 ${HOST}/@acme/ui/-/ui-1.2.3.tgz 12ms (cache miss)`, "npm/@acme/ui@1.2.3"],
    [
      "a fetch that failed",
      `npm http fetch GET 404 ${HOST}/gone/-/gone-1.0.0.tgz attempt 1 with 9ms`,
      "npm/gone@1.0.0",
    ],
    ["a fetch of npm 2", `npm http 200 ${HOST}/left-pad/-/left-pad-1.3.0.tgz`, "npm/left-pad@1.3.0"],
    [
      "an encoded scope",
      `npm http fetch GET 200 ${HOST}/@acme%2fui/-/ui-1.2.3-rc.1.tgz 3ms`,
      "npm/@acme/ui@1.2.3-rc.1",
    ],
    ["below a path", `npm http fetch GET 200 ${HOST}/repository/npm/ms/-/ms-2.1.3.tgz 3ms`, "npm/ms@2.1.3"],
    ["the cache", `npm http cache ms@${HOST}/ms/-/ms-2.1.3.tgz 0ms (cache hit)`, "npm/ms@2.1.3"],
    ["a deprecation", "npm warn deprecated rimraf@3.0.2: use rimraf@5.0.0", "npm/rimraf@3.0.2"],
    ["a deprecation of npm 6", "npm WARN deprecated @acme/old@1.0.0: no", "npm/@acme/old@1.0.0"],
    [
      "scripts that wait",
      "npm warn install-scripts   esbuild@0.21.5 (postinstall: node install.js)",
      "npm/esbuild@0.21.5",
    ],
    ["a 404", "npm error 404  'flatmap-stream@0.1.1' is not in this registry.", "npm/flatmap-stream@0.1.1"],
    ["no version", "npm ERR! notarget No matching version found for ms@9.0.0.", "npm/ms@9.0.0"],
    [
      "an optional one",
      "npm WARN optional SKIPPING OPTIONAL DEPENDENCY: fsevents@1.2.4 (node_modules\\fsevents):",
      "npm/fsevents@1.2.4",
    ],
    [
      "a platform",
      "npm WARN notsup SKIPPING OPTIONAL DEPENDENCY: Unsupported platform for fsevents@1.2.4: wanted {}",
      "npm/fsevents@1.2.4",
    ],
    ["a script", "npm info run esbuild@0.21.5 postinstall node_modules/esbuild node install.js", "npm/esbuild@0.21.5"],
    ["a script of npm 6", "> fsevents@1.2.4 install /app/node_modules/fsevents", "npm/fsevents@1.2.4"],
    ["a placement", "npm silly placeDep ROOT ms@2.1.3 OK for: app@1.0.0 want: ^2.0.0", "npm/ms@2.1.3"],
    ["a manifest", "npm silly fetch manifest ms@2.1.3", "npm/ms@2.1.3"],
    ["a manifest of npm 6", "npm sill pacote version manifest for ms@2.1.3 fetched in 5ms", "npm/ms@2.1.3"],
    ["a check of npm 6", "npm sill resolveWithNewModule ms@2.1.3 checking installable status", "npm/ms@2.1.3"],
    ["an action of npm 6", "npm sill decomposeActions extract ms@2.1.3", "npm/ms@2.1.3"],
    ["what npm 6 added", "+ express@4.18.2", "npm/express@4.18.2"],
    ["npm ls", "├─┬ @acme/ui@1.2.3 deduped", "npm/@acme/ui@1.2.3"],
    ["npm ls, an alias", "└── alias@npm:@acme/real@4.0.0", "npm/@acme/real@4.0.0"],
    ["npm ls in plain characters", "| `-- left-pad@1.3.0", "npm/left-pad@1.3.0"],
  ],
  pnpm: [
    [
      "what was added",
      lines(
        "dependencies:",
        "+ express 4.18.2 (4.19.0 is available)",
        "- ms 2.1.2",
        "+ ms 2.1.3",
        "",
        "Done in 1s using pnpm v10.34.9",
      ),
      "npm/express@4.18.2",
      "npm/ms@2.1.3",
    ],
    ["a deprecation", " WARN  deprecated glob@7.2.3: use glob@9.0.0", "npm/glob@7.2.3"],
    [
      "deprecations",
      " WARN  2 deprecated subdependencies found: a@1.0.0, @acme/b@2.0.0",
      "npm/a@1.0.0",
      "npm/@acme/b@2.0.0",
    ],
    ["no version", " ERR_PNPM_NO_MATCHING_VERSION  No matching version found for ms@9.0.0", "npm/ms@9.0.0"],
    ["a large file", "Downloading @esbuild/linux-x64@0.21.5: 3.93 MB/3.93 MB, done", "npm/@esbuild/linux-x64@0.21.5"],
    [
      "a script",
      "node_modules/.pnpm/@acme+ui@1.0.0_react@18.2.0/node_modules/@acme/ui: Running postinstall script...",
      "npm/@acme/ui@1.0.0",
    ],
    [
      "a script, for short",
      ".../esbuild@0.21.5/node_modules/esbuild postinstall$ node install.js",
      "npm/esbuild@0.21.5",
    ],
    [
      "lines of JSON",
      lines(
        '{"level":"debug","name":"pnpm:progress","packageId":"@acme/ui@1.0.1","status":"resolved"}',
        '{"level":"debug","name":"pnpm:progress","packageId":"/ms/2.1.3","status":"fetched"}',
        '{"level":"debug","name":"pnpm:package-manifest","initial":{"name":"app","version":"1.0.0"}}',
      ),
      "npm/@acme/ui@1.0.1",
      "npm/ms@2.1.3",
    ],
  ],
  "yarn 1": [
    ["a deprecation", "warning jest > jest-cli > request@2.88.2: see request@3.0.0", "npm/request@2.88.2"],
    ["a peer", 'warning " > react-dom@18.2.0" has unmet peer dependency "react@^18.2.0".', "npm/react-dom@18.2.0"],
    ["what was added", "├─ left-pad@1.3.0", "npm/left-pad@1.3.0"],
    ["yarn list", lines("├─ a@1.0.0", "│  └─ b@^1.0.0"), "npm/a@1.0.0"],
    ["--verbose", `verbose 0.86 Performing "GET" request to "${HOST}/@acme/ui/-/ui-1.0.1.tgz".`, "npm/@acme/ui@1.0.1"],
    ["no version", `error Couldn't find any versions for "ms" that matches "9.0.0"`, "npm/ms@9.0.0"],
    [
      "--json",
      lines(
        '{"type":"tree","data":{"trees":[{"name":"a@1.0.0","children":[]},{"name":"b@2.0.0"}]}}',
        '{"type":"warning","data":"a > c@3.0.0: no longer maintained"}',
      ),
      "npm/a@1.0.0",
      "npm/b@2.0.0",
      "npm/c@3.0.0",
    ],
  ],
  "yarn 2 and later": [
    [
      "a fetch",
      "➤ YN0013: │ @acme/ui@npm:1.2.3 can't be found in the cache and will be fetched from the remote registry",
      "npm/@acme/ui@1.2.3",
    ],
    [
      "what was added",
      "➤ YN0085: │ + left-pad@npm:1.3.0, ms@npm:2.1.3, and 10 more.",
      "npm/left-pad@1.3.0",
      "npm/ms@2.1.3",
    ],
    ["a build", "➤ YN0007: │ esbuild@npm:0.21.5 must be built because it never has been before", "npm/esbuild@0.21.5"],
    ["an alias", "➤ YN0013: │ lodash@npm:lodash-es@4.17.21 can't be found in the cache", "npm/lodash-es@4.17.21"],
    ["a peer", "YN0013: │ a@virtual:0123abcd#npm:1.0.0 can't be found in the cache", "npm/a@1.0.0"],
    ["a patch", "➤ YN0013: │ resolve@patch:resolve@npm%3A1.22.8#optional!builtin can't be found", "npm/resolve@1.22.8"],
    ["no version", "➤ YN0082: │ ms@npm:9.0.0: No candidates found", "npm/ms@9.0.0"],
  ],
  bun: [
    [
      "what was added",
      lines("+ left-pad@1.3.0", "installed @acme/ui@1.2.3 with binaries:", " - ui"),
      "npm/left-pad@1.3.0",
      "npm/@acme/ui@1.2.3",
    ],
    ["what is newer", "+ lib@1.0.0 (v2.0.0 available)", "npm/lib@1.0.0"],
    ["no version", 'error: No version matching "9.0.0" found for specifier "ms" (but package exists)', "npm/ms@9.0.0"],
    ["--verbose", ` HTTP/1.1 GET ${HOST}/ms/-/ms-2.1.3.tgz`, "npm/ms@2.1.3"],
  ],
  pip: [
    ["a pin", "Collecting requests[socks]==2.32.0 (from -r requirements.txt (line 3))", "pypi/requests@2.32.0"],
    [
      "a wheel",
      "  Downloading charset_normalizer-3.3.2-cp311-cp311-manylinux_2_17_x86_64.whl (140 kB)",
      "pypi/charset-normalizer@3.3.2",
    ],
    ["the cache", "  Using cached python-docx-0.8.10.tar.gz (5.5 MB)", "pypi/python-docx@0.8.10"],
    ["an address", `  Downloading ${HOST}/packages/b0/16/xlrd-1.2.0-py2.py3-none-any.whl (103kB)`, "pypi/xlrd@1.2.0"],
    [
      "an address on two lines",
      lines(
        "   Downloading https://files.registry.example/packages/b0/16/6357",
        " /xlrd-1.2.0-py2.py3-none-any.whl (103kB)",
      ),
      "pypi/xlrd@1.2.0",
    ],
    [
      "an address cut within the name",
      lines("  Downloading https://files.registry.example/packages/b0/16/xl", "rd-1.2.0-py2.py3-none-any.whl (103kB)"),
      "pypi/xlrd@1.2.0",
    ],
    [
      "an old sdist by its project",
      lines("Collecting foo", "  Downloading foo-1.0-1.tar.gz (5 kB)"),
      "pypi/foo@1.0.post1",
    ],
    [
      "the end",
      "Successfully installed Jinja2-3.1.4 zope.interface-6.4 a-b-1.0.post1 c-1.0+local.1",
      "pypi/jinja2@3.1.4",
      "pypi/zope-interface@6.4",
      "pypi/a-b@1.0.post1",
      "pypi/c@1.0+local.1",
    ],
    [
      "what is there",
      "Requirement already satisfied: lxml>=2.3.2 in /usr/lib/python3 (from python-docx) (4.5.1)",
      "pypi/lxml@4.5.1",
    ],
    ["what is replaced", "    Found existing installation: upd 1.0", "pypi/upd@1.0"],
    ["nothing to be had", "ERROR: No matching distribution found for evil==6.6.6", "pypi/evil@6.6.6"],
    ["pip download", "Saved ./dep_one-1.0.post1-py3-none-any.whl", "pypi/dep-one@1.0.post1"],
    [
      "a wheel built before",
      "Processing /root/.cache/pip/wheels/ab/cd/PyYAML-5.1-cp37-cp37m-linux_x86_64.whl",
      "pypi/pyyaml@5.1",
    ],
  ],
  "uv, Poetry and PDM": [
    [
      "uv",
      lines(" + charset-normalizer==3.3.2", " ~ idna==3.7", " - idna==3.6"),
      "pypi/charset-normalizer@3.3.2",
      "pypi/idna@3.7",
    ],
    ["uv's builds", "   Building sdist-only==0.8.10", "pypi/sdist-only@0.8.10"],
    ["uv's lock", lines("Updated urllib3 v2.2.1 -> v2.2.2", "Added idna v3.7"), "pypi/urllib3@2.2.2", "pypi/idna@3.7"],
    [
      "uv --verbose",
      lines(
        "DEBUG Identified uncached distribution: dep-one==1.1",
        `DEBUG Sending fresh GET request for: ${HOST}/files/c8/19/zope_iface-6.4-py3-none-any.whl`,
      ),
      "pypi/dep-one@1.1",
      "pypi/zope-iface@6.4",
    ],
    ["Poetry", "  - Installing certifi (2024.7.4)", "pypi/certifi@2024.7.4"],
    ["Poetry's updates", "  • Updating idna (3.6 -> 3.7): Pending...", "pypi/idna@3.7"],
    [
      "PDM",
      lines("  ✔ Install upd 1.0 successful", "  ✔ Update dep 1.0 -> 2.0 successful"),
      "pypi/upd@1.0",
      "pypi/dep@2.0",
    ],
  ],
  cargo: [
    ["downloads", "  Downloaded serde_json v1.0.33", "cargo/serde_json@1.0.33"],
    ["downloads of old", " Downloading libc v0.2.46", "cargo/libc@0.2.46"],
    ["builds", "   Compiling ring v0.17.8", "cargo/ring@0.17.8"],
    ["another registry", "    Checking dep v1.0.0 (registry `acme`)", "cargo/dep@1.0.0"],
    ["what is fresh", "       Fresh dep v1.0.0", "cargo/dep@1.0.0"],
    ["updates", "    Updating libc v0.2.154 -> v0.2.155", "cargo/libc@0.2.155"],
    ["what was locked", "      Adding dep v1.0.0 (available: v1.1.0)", "cargo/dep@1.0.0"],
    ["cargo add", "      Adding host v1.0.0 to dependencies", "cargo/host@1.0.0"],
    ["metadata of a version", "   Compiling zstd-sys v2.0.13+zstd.1.5.6", "cargo/zstd-sys@2.0.13+zstd.1.5.6"],
    [
      "cargo tree",
      lines("app v1.0.0 (/app)", "├── a v1.0.0 (proc-macro)", "│   └── itoa v1.0.11 (*)"),
      "cargo/a@1.0.0",
      "cargo/itoa@1.0.11",
    ],
    ["an address", `GET ${HOST}/api/v1/crates/serde/1.0.203/download`, "cargo/serde@1.0.203"],
  ],
  go: [
    ["downloads", "go: downloading github.com/gin-gonic/gin v1.6.3", "golang/github.com/gin-gonic/gin@v1.6.3"],
    ["lines of old", "go: finding golang.org/x/text v0.3.0", "golang/golang.org/x/text@v0.3.0"],
    [
      "pseudo-versions",
      "go: extracting golang.org/x/sys v0.0.0-20200116001909-b77594299b42",
      "golang/golang.org/x/sys@v0.0.0-20200116001909-b77594299b42",
    ],
    [
      "what has no go.mod",
      "go: added example.com/old v3.0.0+incompatible",
      "golang/example.com/old@v3.0.0+incompatible",
    ],
    ["upgrades", "go: upgraded gopkg.in/yaml.v2 v2.2.8 => v2.4.0", "golang/gopkg.in/yaml.v2@v2.4.0"],
    ["upgrades of old", "go: gopkg.in/yaml.v2 upgrade => v2.3.0", "golang/gopkg.in/yaml.v2@v2.3.0"],
    ["what was found", "go: found example.com/a/b in example.com/a v1.0.0", "golang/example.com/a@v1.0.0"],
    [
      "a refusal",
      "go: example.com/Acme/dep@v1.2.0: reading https://proxy.example/go/x: 403 Forbidden",
      "golang/example.com/Acme/dep@v1.2.0",
    ],
    [
      "-x",
      `# get ${HOST}/go/example.com/%21acme/host/@v/v1.0.0.zip: 200 OK (0.001s)`,
      "golang/example.com/Acme/host@v1.0.0",
    ],
  ],
};

const ELSEWHERE: readonly Row[] = [
  [
    "a crate of git",
    "   Compiling libtest v0.0.1 (https://forge.example/acme/libtest#63ae7605)",
    "libtest comes from git",
  ],
  ["the project's own crate", "   Compiling web v0.1.0 (/home/ci/web)", "web lies in a folder"],
  [
    "cargo's repositories",
    "    Updating git repository `https://forge.example/acme/lib`",
    "https://forge.example/acme/lib comes from git",
  ],
  [
    "uv",
    lines(" + own==1.0 (from git+https://forge.example/acme/own@0123)", " + here==1.0 (from file:///app)"),
    "own comes from git",
    "here lies in a folder",
  ],
  [
    "Poetry",
    lines("  - Installing mine (1.0 /app/mine)", "  - Installing own (1.0 0123abc)"),
    "mine lies in a folder",
    "own comes from git",
  ],
  ["pnpm", lines("dependencies:", "+ own 1.0.0 <- packages/own"), "own lies in a folder"],
  ["bun", "installed ui@github:acme/ui#0123abc", "ui comes from git"],
  ["npm ls", "├── own@1.0.0 -> ./packages/own", "own lies in a folder"],
  ["yarn", "➤ YN0013: │ ui@https://forge.example/acme/ui.git#commit=0123 can't be found", "ui comes from git"],
  [
    "pip, also where it tells the version in the end",
    lines(
      "Collecting own@ git+https://token@forge.example/acme/own.git",
      "Processing ./here-2.0-py3-none-any.whl",
      "Successfully installed here-2.0 own-1.0",
    ),
    "own comes from git",
    "here lies in a folder",
  ],
  [
    "pip without a name, and without the token",
    "Collecting git+https://u:secret@forge.example/own.git",
    "git+https://forge.example/own.git comes from git",
  ],
  [
    "a file's name that two could have",
    "  Downloading foo-1.0-1.tar.gz (5 kB)",
    "foo-1.0-1.tar.gz has a file name that more than one release could have",
  ],
];

describe("a log names the releases of", () => {
  for (const [tool, rows] of Object.entries(NAMED))
    for (const [what, text, ...names] of rows)
      it(`${tool}: ${what}`, () => {
        assert.deepEqual(namedIn(text), names);
        assert.deepEqual(unjudgedIn(text), []);
      });
});

describe("a log does not judge what comes from elsewhere, as told by", () => {
  for (const [what, text, ...unjudged] of ELSEWHERE)
    it(what, () => {
      assert.deepEqual(unjudgedIn(text), unjudged);
      assert.deepEqual(namedIn(text), []);
    });
});
