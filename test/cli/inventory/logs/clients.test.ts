/** Logs of real installs name exactly what registries were asked for, at the level that tells all; and what of it at others. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeCargoProject, NO_CARGO } from "../../../support/cargo-client.ts";
import { CLIENTS, type ClientName, type ClientProject, makeClientProject } from "../../../support/clients.ts";
import { type FixtureCrates, startCrates } from "../../../support/crates-registry.ts";
import { makeGoProject, NO_GO } from "../../../support/go-client.ts";
import { type FixtureModules, startModules } from "../../../support/go-modules.ts";
import { namedIn } from "../../../support/logs.ts";
import { type FixturePypi, startPypi } from "../../../support/pypi-registry.ts";
import { makePythonProject, NO_PYTHON_CLIENTS, PYTHON_CLIENTS } from "../../../support/python-clients.ts";
import { type FixtureRegistry, startRegistry } from "../../../support/registry.ts";

const PACKAGES = [
  {
    name: "app-base",
    releases: [{ version: "1.0.0", dependencies: { "app-dep": "^1.0.0", "@acme/ui": "1.x", old: "*" } }],
  },
  { name: "app-dep", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.0.1-rc.1" }, { version: "1.0.1" }] },
  { name: "old", releases: [{ version: "2.0.0", deprecated: "use new@3.0.0" }] },
];
const DIRECT = "npm/app-base@1.0.0";
const DEPRECATED = "npm/old@2.0.0";

/** How each is made to tell all that it fetches, and what it names when a package is added without. */
const FAMILY: Readonly<Record<ClientName, { all: readonly string[]; byDefault: "all" | readonly string[] }>> = {
  npm: { all: ["install", "--loglevel=http"], byDefault: [DEPRECATED] },
  pnpm10: { all: ["add", "--reporter=ndjson"], byDefault: [DIRECT, DEPRECATED] },
  pnpm12: { all: ["add", "--reporter=ndjson"], byDefault: [DIRECT, DEPRECATED] },
  yarn1: { all: ["add", "--verbose"], byDefault: "all" },
  yarn4: { all: ["add"], byDefault: "all" },
  bun: { all: ["add", "--verbose"], byDefault: [DIRECT] },
};

/** `/@acme/ui/-/ui-1.0.1.tgz`, as a registry was asked. */
function tarballsIn(requests: readonly string[]): string[] {
  return requests.flatMap((path) => {
    const [, name, , version] = /^\/((?:@[^/]+\/)?([^/]+))\/-\/\2-(.+)\.tgz$/.exec(path) ?? [];
    return version === undefined ? [] : [`npm/${name}@${version}`];
  });
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort();

describe("the log of an install from an npm registry", () => {
  let registry: FixtureRegistry;
  const projects: ClientProject[] = [];
  before(async () => {
    registry = await startRegistry(PACKAGES);
  });
  after(async () => {
    await registry.close();
    for (const project of projects) project.remove();
  });

  async function install(client: ClientName, args: readonly string[]) {
    const project = makeClientProject(client, registry.url.href);
    projects.push(project);
    registry.requests.length = 0;
    const { code, output } = await project.run(...args, "app-base@1.0.0");
    assert.equal(code, 0, output);
    const asked = sorted(tarballsIn(registry.requests));
    assert.equal(asked.length, 4, asked.join(" "));
    return { output, asked, project };
  }

  for (const client of CLIENTS) {
    const { all, byDefault } = FAMILY[client];
    it(`names all that ${client} fetches, with \`${all.join(" ")}\``, async () => {
      const { output, asked } = await install(client, all);
      assert.deepEqual(sorted(namedIn(output)), asked, output);
    });

    it(`names of ${client} what it tells by itself`, async () => {
      const { output, asked } = await install(client, all.slice(0, 1));
      assert.deepEqual(sorted(namedIn(output)), byDefault === "all" ? asked : sorted(byDefault), output);
    });
  }

  it("names all of `npm ci` from a warm cache, and no more where npm tells everything", async () => {
    const { asked, project } = await install("npm", ["install"]);
    for (const level of ["http", "silly"]) {
      rmSync(join(project.path, "node_modules"), { recursive: true });
      const { output } = await project.run("ci", `--loglevel=${level}`);
      assert.deepEqual(sorted(namedIn(output)), asked, output);
    }
  });
});

describe("the log of an install from a Python index", { skip: NO_PYTHON_CLIENTS }, () => {
  let pypi: FixturePypi;
  before(async () => {
    pypi = await startPypi([
      { name: "base", releases: [{ version: "1.0", dependencies: ["dep-one>=1", "zope.iface"] }] },
      { name: "dep-one", releases: [{ version: "1.0" }, { version: "1.1.post1" }] },
      { name: "zope.iface", releases: [{ version: "6.4" }] },
    ]);
  });
  after(() => pypi.close());

  for (const client of PYTHON_CLIENTS)
    for (const level of [[], ["-v"], ...(client.startsWith("pip") ? [["-vvv"]] : [])])
      it(`names all that ${[client, ...level].join(" ")} fetches`, async () => {
        const project = makePythonProject(client, pypi.simple.href);
        try {
          const { code, output } = await project.run(client.startsWith("pip") ? "install" : "add", ...level, "base");
          assert.equal(code, 0, output);
          const all = ["pypi/base@1.0", "pypi/dep-one@1.1.post1", "pypi/zope-iface@6.4"];
          assert.deepEqual(sorted(namedIn(output)), all, output);
        } finally {
          project.remove();
        }
      });
});

describe("the log of a build from a Cargo registry", { skip: NO_CARGO }, () => {
  let crates: FixtureCrates;
  before(async () => {
    crates = await startCrates([
      { name: "host", versions: [{ version: "1.0.0", dependencies: { dep: "1", Inflector: "0.11" } }] },
      { name: "dep", versions: [{ version: "1.0.0" }, { version: "1.1.0+build.5" }] },
      { name: "Inflector", versions: [{ version: "0.11.3" }] },
    ]);
  });
  after(() => crates.close());

  it("names all that is fetched, all that is built, and with -v all that was built before", async () => {
    const files = { "src/main.rs": "fn main() {}\n" };
    const project = makeCargoProject(crates.index, { dependencies: { host: "1" }, files });
    try {
      for (const run of [() => project.fetch(), () => project.build(), () => project.build("-v")]) {
        const { code, output } = await run();
        assert.equal(code, 0, output);
        const all = ["cargo/Inflector@0.11.3", "cargo/dep@1.1.0+build.5", "cargo/host@1.0.0"];
        assert.deepEqual(sorted(namedIn(output)), all, output);
      }
    } finally {
      project.remove();
    }
  });
});

describe("the log of go", { skip: NO_GO }, () => {
  let modules: FixtureModules;
  before(async () => {
    const host = "example.com/Acme/host";
    modules = await startModules([
      {
        path: host,
        versions: [{ version: "v1.0.0", requires: { "example.com/dep/v2": "v2.1.0" } }, { version: "v1.1.0" }],
      },
      { path: "example.com/dep/v2", versions: [{ version: "v2.1.0" }, { version: "v2.2.0" }] },
    ]);
  });
  after(() => modules.close());

  for (const level of [[], ["-x"]])
    it(`names each zip that \`${["go get", ...level].join(" ")}\` fetches, and no version that it looks at`, async () => {
      const project = makeGoProject(modules.url.href, { imports: ["example.com/Acme/host"] });
      try {
        modules.requests.length = 0;
        const { code, output } = await project.run("get", ...level, "example.com/Acme/host@v1.0.0");
        assert.equal(code, 0, output);
        const zips = modules.requests.flatMap((path) => /^\/(.+)\/@v\/(.+)\.zip$/.exec(path)?.slice(1).join("@") ?? []);
        assert.equal(zips.length, 2, zips.join(" "));
        assert.deepEqual(
          sorted(namedIn(output)),
          sorted(zips.map((zip) => `golang/${zip.replace("!acme", "Acme")}`)),
          output,
        );
      } finally {
        project.remove();
      }
    });
});
