import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import { parseConfig, requireConfig, upstreamUrl } from "../../core/config.ts";
import { requireEcosystem } from "../../core/ecosystems/index.ts";
import { PURL_TYPES } from "../../core/purl.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const file = (text: string) => ({ path: "cordon.yaml", text });
const HEAD = "apiVersion: cordon/v1\nkind: Cordon\n";

describe("parseConfig()", () => {
  it("gives an empty config where there is no file", () => {
    assert.deepEqual(parseConfig(undefined), {
      config: { apiVersion: "cordon/v1", kind: "Cordon" },
      diagnostics: [],
    });
  });

  it("reads every key of the contract", () => {
    const config = {
      apiVersion: "cordon/v1",
      kind: "Cordon",
      repository: "https://git.example/acme/policy",
      publicUrl: "https://packages.acme.example",
      channel: "stable",
      lifetime: "168h",
      approvals: { maxDays: 90 },
      upstreams: { npm: "https://registry.example" },
      proxy: {
        bundle: "dir:dist",
        trust: "cordon.pub",
        listen: "127.0.0.1:4873",
        state: "state",
        pollSeconds: 60,
        onExpired: "hold-new",
        publish: ["npm"],
        private: [
          {
            ecosystem: "npm",
            packages: ["@acme/*"],
            registry: "https://packages.acme.example/npm/",
            tokenVariable: "ACME_NPM_TOKEN",
            publish: true,
          },
        ],
      },
    };
    assert.deepEqual(parseConfig(file(JSON.stringify(config))), { config, diagnostics: [] });
  });

  const WRONG: readonly [name: string, text: string, place: string, message: RegExp][] = [
    ["a misspelt key", `${HEAD}lifetme: 1h\n`, "3:1", /^unknown key `lifetme`; did you mean `lifetime`\?$/],
    ["a misspelt key below another", `${HEAD}proxy:\n  trusts: x\n`, "4:3", /unknown key `trusts`.*`trust`/],
    ["another version", "apiVersion: cordon/v2\nkind: Cordon\n", "1:13", /^apiVersion: must be "cordon\/v1"$/],
    ["a missing key", "apiVersion: cordon/v1\n", "1:1", /^the key `kind` is missing$/],
    ["an empty file", "", "1:1", /^must be object$/],
    [
      "a duration without a unit",
      `${HEAD}lifetime: "168"\n`,
      "3:11",
      /^must be a duration such as 168h, of at most a year$/,
    ],
    ["a duration in days", `${HEAD}lifetime: 7d\n`, "3:11", /^must be a duration such as 168h, of at most a year$/],
    [
      "a decision log that is never old",
      `${HEAD}proxy: { decisionLog: { maxAge: 0s } }\n`,
      "3:33",
      /^must be a duration such as 168h, of at most a year$/,
    ],
    [
      "a decision log that is kept for ever",
      `${HEAD}proxy: { decisionLog: { keepFor: 87841h } }\n`,
      "3:34",
      /^must be a duration such as 168h, of at most 10 years$/,
    ],
    ["no lifetime at all", `${HEAD}lifetime: 0s\n`, "3:11", /^must be a duration such as 168h, of at most a year$/],
    [
      "a lifetime that is over",
      `${HEAD}lifetime: -1h\n`,
      "3:11",
      /^must be a duration such as 168h, of at most a year$/,
    ],
    ["an upstream that is no URL", `${HEAD}upstreams: { npm: registry }\n`, "3:19", /^upstreams\.npm: must be a uri$/],
    ["an ecosystem that does not exist", `${HEAD}upstreams: { nmp: "https://registry.example" }\n`, "3:14", /`npm`/],
    [
      "a mode that does not exist",
      `${HEAD}proxy: { onExpired: open }\n`,
      "3:21",
      /must be one of enforce, hold-new, deny/,
    ],
    [
      "an ecosystem to which nothing is published",
      `${HEAD}proxy: { publish: [nmp] }\n`,
      "3:20",
      /^proxy\.publish\.0: must be one of npm$/,
    ],
    ["publishing that is no list", `${HEAD}proxy: { publish: true }\n`, "3:19", /^proxy\.publish: must be array$/],
    ["a channel with a slash", `${HEAD}channel: a/b\n`, "3:10", /^channel: must match /],
    ["broken YAML", `${HEAD}proxy: {\n`, "4:1", /./],
    ["a key twice", `${HEAD}kind: Cordon\n`, "3:1", /keys must be unique/i],
  ];
  for (const [name, text, place, message] of WRONG) {
    it(`tells the place of ${name}, and takes nothing from the file`, () => {
      const { config, diagnostics } = parseConfig(file(text));
      const [first] = diagnostics;
      assert.equal(first?.severity, "error");
      assert.equal(`${first.line}:${first.column}`, place, first.message);
      assert.match(first.message, message);
      assert.deepEqual(config, { apiVersion: "cordon/v1", kind: "Cordon" });
    });
  }
});

describe("requireConfig()", () => {
  it("throws the first issue with file, line, column and the line itself", () => {
    assert.throws(() => requireConfig(file(`${HEAD}lifetime: soon\n`)), {
      code: "CONFIG_INVALID",
      message:
        "cordon.yaml:3:11: error: must be a duration such as 168h, of at most a year [duration]\n   |\n 3 | lifetime: soon\n   |           ^^^^",
    });
  });
});

describe("upstreamUrl()", () => {
  let folder: Folder;
  let home: Folder;
  let before: string;

  // The project's .npmrc is that of the directory one stands in; every test is over before anybody else looks.
  beforeEach(() => {
    folder = makeFolder();
    home = makeFolder();
    before = process.cwd();
    process.chdir(folder.path);
  });

  afterEach(() => {
    process.chdir(before);
    folder.remove();
    home.remove();
  });

  const npmFrom = (environment: NodeJS.ProcessEnv = {}, configured?: string): string =>
    upstreamUrl("npm", configured, { NPM_CONFIG_USERCONFIG: `${home.path}/.npmrc`, ...environment }).href;

  it("takes what is configured before all else", () => {
    folder.write(".npmrc", "registry=https://project.example/");
    const environment = { npm_config_registry: "https://environment.example/" };
    assert.equal(npmFrom(environment, "https://configured.example/npm"), "https://configured.example/npm");
  });

  it("takes the client's environment before its files, and lower case before upper", () => {
    folder.write(".npmrc", "registry=https://project.example/");
    assert.equal(npmFrom({ NPM_CONFIG_REGISTRY: "https://upper.example/" }), "https://upper.example/");
    assert.equal(
      npmFrom({ npm_config_registry: "https://lower.example/", NPM_CONFIG_REGISTRY: "https://upper.example/" }),
      "https://lower.example/",
    );
  });

  it("takes the project's .npmrc before the user's", () => {
    home.write(".npmrc", "registry=https://user.example/");
    assert.equal(npmFrom(), "https://user.example/");
    folder.write(".npmrc", "registry=https://project.example/");
    assert.equal(npmFrom(), "https://project.example/");
  });

  const SETTINGS: readonly [name: string, npmrc: string, url: string][] = [
    ["spaces and quotes", '  registry = "https://one.example/npm/"  \n', "https://one.example/npm/"],
    ["a comment above", "; registry=https://two.example/\nregistry=https://one.example/\n", "https://one.example/"],
    [
      "a scope's registry above",
      "@acme:registry=https://two.example/\nregistry=https://one.example/",
      "https://one.example/",
    ],
    [
      "line ends of Windows",
      "cafile=x\r\nregistry=https://one.example/\r\nalways-auth=true\r\n",
      "https://one.example/",
    ],
  ];
  for (const [name, npmrc, url] of SETTINGS) {
    it(`reads an .npmrc with ${name}`, () => {
      folder.write(".npmrc", npmrc);
      assert.equal(npmFrom(), url);
    });
  }

  it("goes on to the user's .npmrc where the project's names no registry, or an empty one", () => {
    home.write(".npmrc", "registry=https://user.example/");
    for (const npmrc of ["cafile=x\n", "@acme:registry=https://two.example/\n", "registry=\ncafile=x\n"]) {
      folder.write(".npmrc", npmrc);
      assert.equal(npmFrom(), "https://user.example/", JSON.stringify(npmrc));
    }
  });

  it("falls back to the registry that the purl library knows", () => {
    const download = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:npm/some-name@2.0.0"))?.url;
    assert.equal(npmFrom(), new URL("/", download).href);
    assert.match(npmFrom(), /^https:/);
  });

  for (const text of ["ftp://registry.example/", "file:///srv/registry", "registry.example", "", "javascript:0"]) {
    it(`refuses what no client could ask: ${JSON.stringify(text)}`, () => {
      assert.throws(() => npmFrom({}, text), { code: "USAGE", message: /give --upstream npm=https:\/\/…$/ });
    });
  }

  it("knows the public registry of each ecosystem", () => {
    const home = makeFolder();
    const none = { HOME: home.path, PIP_CONFIG_FILE: home.write("none", "") };
    for (const type of PURL_TYPES) {
      const url = upstreamUrl(type, undefined, none);
      assert.deepEqual([url.protocol, url.href], ["https:", requireEcosystem(type).publicRegistry()], type);
      assert.ok(url.pathname.endsWith("/"), url.pathname);
    }
    home.remove();
  });

  for (const [variable, value] of [
    ["PIP_INDEX_URL", "https://pip.example/simple"],
    ["UV_DEFAULT_INDEX", "https://uv.example/simple"],
  ] as const)
    it(`takes Python's index from ${variable}`, () => {
      assert.equal(upstreamUrl("pypi", undefined, { [variable]: value }).href, value);
    });

  it("takes the first module proxy of GOPROXY", () => {
    const environment = { GOPROXY: "off,https://go.example/a|https://other.example,direct" };
    assert.equal(upstreamUrl("golang", undefined, environment).href, "https://go.example/a");
  });

  it("takes Python's index from pip's own file, and Rust's from cargo's", () => {
    const home = makeFolder();
    home.write(".config/pip/pip.conf", "[global]\nindex-url = https://pip.example/simple/\n");
    home.write(
      ".cargo/config.toml",
      '[source.crates-io]\nreplace-with = "own"\n[source.own]\nregistry = "sparse+https://crates.example/index/"\n',
    );
    const environment = { HOME: home.path };
    assert.equal(upstreamUrl("pypi", undefined, environment).href, "https://pip.example/simple/");
    assert.equal(upstreamUrl("cargo", undefined, environment).href, "https://crates.example/index/");
    home.remove();
  });
});
