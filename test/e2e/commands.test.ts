/** What people run besides installs, with every client of the family that has the command (test/support/command-lines.ts). */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Audit, answerAudits, BULK, QUICK } from "../support/audits.ts";
import {
  CLIENTS,
  type ClientName,
  type ClientProject,
  type ClientRun,
  lockfileName,
  makeClientProject,
  type ProjectOptions,
} from "../support/clients.ts";
import * as lines from "../support/command-lines.ts";
import { inLanes, LANES } from "../support/lanes.ts";
import { type Listener, listen } from "../support/listener.ts";
import type { FixturePackage, FixtureRelease } from "../support/packument.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { joined, showsSentence } from "../support/terminal.ts";

const YOUNG = "2026-11-21T12:00:00Z";
const ADVISORY = {
  title: "dep is unkind to strangers",
  url: "https://advisories.example/A-1",
  vulnerable: "<1.1.0",
  patched: ">=1.1.0",
};

/** A package of its own for each client: what the upstream hears of it, it hears from that client. */
const depOf = (client: ClientName) => `dep-${client}`;

function tool(version: string, published?: string): FixtureRelease {
  const bin = { tool: "tool.js" };
  return {
    version,
    ...(published && { published }),
    manifest: { bin },
    files: {
      "package.json": JSON.stringify({ name: "tool", version, bin }),
      "tool.js": `#!/usr/bin/env node\nconsole.log("tool ${version} has run")\n`,
    },
  };
}

const PACKAGES: readonly FixturePackage[] = [
  ...CLIENTS.map((client) => ({
    name: depOf(client),
    releases: [
      { version: "1.0.0" },
      { version: "1.1.0" },
      { version: "1.2.0" },
      { version: "2.0.0", published: YOUNG },
    ],
  })),
  { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.0.1", published: YOUNG }] },
  {
    name: "tagged",
    tags: { latest: "1.1.0", next: "2.0.0-rc.1", stable: "1.0.0" },
    releases: [{ version: "1.0.0" }, { version: "1.1.0" }, { version: "2.0.0-rc.1" }],
  },
  { name: "tool", releases: [tool("1.0.0"), tool("1.1.0", YOUNG)] },
];
const blocked = (version: string, id: string) => CLIENTS.map((client) => malwareRecord(depOf(client), [version], id));
const RECORDS = [...blocked("1.2.0", "MAL-2026-1"), malwareRecord("tagged", ["2.0.0-rc.1"], "MAL-2026-2")];

describe("what people run besides installs, through the proxy", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let outside: Listener;
  let audits: readonly Audit[];
  /** Of a project with `dep@^1.0.0` at 1.0.0: it was added when 1.1.0 was held back as well. */
  const begun = new Map<ClientName, Record<string, string>>();

  before(async () => {
    registry = await startRegistry(PACKAGES);
    audits = answerAudits(registry, ADVISORY, (name) => name.startsWith("dep-"));
    registry.answer("/-/v1/search", (_request, response) => response.end(JSON.stringify(FOUND)));
    folder = makeBundleFolder();
    await folder.sign({ records: [...RECORDS, ...blocked("1.1.0", "MAL-2026-3")] });
    proxy = await startTestProxy(folder, registry);
    outside = await listen();
    await inLanes(CLIENTS, async (client) => {
      await using made = project(client);
      const { code, output } = await made.add(`${depOf(client)}@^1.0.0`);
      assert.equal(code, 0, output);
      begun.set(client, {
        "package.json": readFileSync(join(made.path, "package.json"), "utf8"),
        [lockfileName(client)]: made.lockfile() ?? "",
      });
    });
    await folder.sign({ revision: 2, records: RECORDS });
    await proxy.lifecycle.poll();
  });

  after(async () => {
    await proxy.close();
    for (const server of [registry, outside]) await server.close();
    folder.remove();
  });

  function project(client: ClientName, options: ProjectOptions = {}): ClientProject & AsyncDisposable {
    const made = makeClientProject(client, `${proxy.npm}/`, { outside: outside.url, ...options });
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  async function begunProject(client: ClientName): Promise<ClientProject & AsyncDisposable> {
    const made = project(client, { files: begun.get(client) ?? {} });
    const { code, output } = await made.installFrozen();
    assert.equal(code, 0, output);
    assert.equal(made.installed(depOf(client)), "1.0.0");
    return made;
  }

  describe("with each client", { concurrency: LANES }, () => {
    for (const client of CLIENTS) {
      const dep = depOf(client);
      const purl = (version: string) => `pkg:npm/${dep}@${version}`;
      const test = (byClient: lines.Lines, what: string, run: (args: string[]) => Promise<void>) => {
        const line = byClient[client];
        if (line) it(`\`${line.join(" ")}\` ${what}`, () => run(line.map((arg) => arg.replace(/^dep\b/, dep))));
      };

      // One at a time: what the upstream hears meanwhile is of one command.
      describe(client, { concurrency: 1 }, () => {
        it("saves the newest allowed version of a package that is added by name", async () => {
          await using made = project(client);
          const { code, output } = await made.add("@acme/ui");
          assert.equal(code, 0, output);
          assert.equal(made.installed("@acme/ui"), "1.0.0");
          const { dependencies } = JSON.parse(readFileSync(join(made.path, "package.json"), "utf8"));
          assert.deepEqual(dependencies, { "@acme/ui": "^1.0.0" });
        });

        test(lines.UPDATE, "goes to the newest allowed version of the range", async (args) => {
          await using made = await begunProject(client);
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.equal(made.installed(dep), "1.1.0");
          assertVersions({ output: made.lockfile() ?? "" }, ["1.1.0"], ["1.2.0", "2.0.0"]);
        });

        test(lines.UPDATE_TO_LATEST, "goes to what `latest` names once what is held is left out", async (args) => {
          await using made = await begunProject(client);
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.equal(made.installed(dep), "1.1.0");
        });

        test(lines.OUTDATED, "names the newest allowed version, and no withheld one", async (args) => {
          await using made = await begunProject(client);
          const run = await made.run(...args);
          assert.equal(run.code, lines.NEVER_FAILS_FOR_OUTDATED.has(client) ? 0 : 1, run.output);
          assert.match(run.output, new RegExp(dep));
          assertVersions(run, ["1.0.0", "1.1.0"], ["1.2.0", "2.0.0"]);
        });

        test(lines.VIEW_VERSION, "shows the newest allowed version where `latest` is held", async (args) => {
          await using made = project(client);
          const run = await made.run(...args);
          assert.equal(run.code, 0, run.output);
          assertVersions(run, ["1.1.0"], ["1.0.0", "1.2.0", "2.0.0"]);
        });

        test(lines.VIEW_BLOCKED, "tells why it is blocked", async (args) => {
          await using made = project(client);
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.ok(showsSentence(output, purl("1.2.0")), output);
        });

        test(lines.TAGS, "lists tags at allowed versions", async (args) => {
          await using made = project(client);
          const run = await made.run(...args);
          assert.equal(run.code, 0, run.output);
          for (const tag of ["latest", "next"])
            assert.match(joined(run.output), new RegExp(`${tag}["':→]*1\\.1\\.0`), run.output);
          assert.match(joined(run.output), /stable["':→]*1\.0\.0/, run.output);
          assertVersions(run, [], ["2.0.0-rc.1"]);
        });

        test(lines.AUDIT, "asks the upstream about the tree, and prints its advisory", async (args) => {
          await using made = await begunProject(client);
          const before = audits.length;
          const { code, output } = await made.run(...args);
          assert.equal(code, 1, output);
          assert.ok(joined(output).includes(joined(ADVISORY.title)), output);
          assert.ok(joined(output).includes(ADVISORY.url), output);
          const mine = audits.slice(before).filter(({ tree }) => JSON.stringify(tree).includes(dep));
          assert.deepEqual(
            mine.map(({ path, encoding }) => ({ path, encoding })),
            [{ path: client === "pnpm10" ? QUICK : BULK, encoding: lines.SENDS_GZIP.has(client) ? "gzip" : undefined }],
          );
          if (client !== "pnpm10") assert.deepEqual(mine[0]?.tree, { [dep]: ["1.0.0"] });
        });

        test(lines.AUDIT_FIX, "goes to an allowed version that has no advisory", async (args) => {
          await using made = await begunProject(client);
          const { output } = await made.run(...args);
          assert.equal(made.installed(dep), "1.1.0", output);
        });

        test(lines.RUN_ONCE, "runs the newest allowed version", async (args) => {
          const files = { ".config/.bunfig.toml": `[install]\nregistry = "${proxy.npm}/"\n` };
          await using made = project(client, client === "bun" ? { files } : {});
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.match(output, /tool 1\.0\.0 has run/);
        });

        test(lines.SEARCH, "shows what the upstream found", async (args) => {
          await using made = project(client);
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.match(output, /Found by the upstream/);
          assert.ok(registry.requests.some((path) => path.startsWith(`/-/v1/search?text=${dep}&`)));
        });

        test(lines.PING, "has an answer without the upstream", async (args) => {
          await using made = project(client);
          const { code, output } = await made.run(...args);
          assert.equal(code, 0, output);
          assert.match(output, /PONG/);
          assert.ok(!registry.requests.some((path) => path.startsWith("/-/ping")));
        });

        test(lines.WRITE, "is told to write to the upstream registry", async (args) => {
          await using made = project(client);
          const { code, output } = await made.run(...args);
          assert.notEqual(code, 0, output);
          // pnpm 12 shows the status, and no body.
          const sentence =
            client === "pnpm12" ? /405MethodNotAllowed/ : /405.*deprecateandchangeownersattheupstreamregistry/;
          assert.match(joined(output), sentence, output);
        });
      });
    }
  });

  it("`npm pack` fetches the newest allowed version, and is refused a blocked one with the reason", async () => {
    await using made = project("npm");
    const { code, output } = await made.run("pack", "dep-npm");
    assert.equal(code, 0, output);
    const refused = await made.run("pack", "dep-npm@1.2.0");
    assert.notEqual(refused.code, 0);
    assert.ok(showsSentence(refused.output, "pkg:npm/dep-npm@1.2.0"), refused.output);
    assert.deepEqual(
      readdirSync(made.path).filter((name) => name.endsWith(".tgz")),
      ["dep-npm-1.1.0.tgz"],
    );
  });

  it("lets no byte of a withheld release through, and no client past it", () => {
    assert.deepEqual(
      registry.asked.filter(({ agent }) => agent !== "cordon"),
      [],
    );
    assert.deepEqual(outside.requests, [], "asked of other hosts");
    const files = new Set(registry.requests.filter((path) => path.endsWith(".tgz")));
    assert.deepEqual(
      [...files].filter((path) => !/\/(dep-\w+-1\.[01]\.0|ui-1\.0\.0|tool-1\.0\.0)\.tgz$/.test(path)),
      [],
    );
  });

  it("`yarn npm audit` tells of a release that was blocked after it was installed", async () => {
    await using made = project("yarn4");
    const added = await made.add("@acme/ui");
    assert.equal(added.code, 0, added.output);
    await folder.sign({ revision: 3, records: [...RECORDS, malwareRecord("@acme/ui", ["1.0.0"], "MAL-2026-4")] });
    await proxy.lifecycle.poll();
    const { code, output } = await made.run("npm", "audit");
    assert.equal(code, 1, output);
    assert.ok(showsSentence(output, "pkg:npm/%40acme/ui@1.0.0"), output);
  });

  // docs/CLIENTS.md tells people what to do about these.
  for (const [client, ...args] of [
    ["yarn1", "audit"],
    ["bun", "x", "tool"],
  ] as const) {
    if (!CLIENTS.includes(client)) continue;
    it(`cannot help that \`${client} ${args.join(" ")}\` asks another registry than the project's`, async () => {
      const past = await listen();
      await using made = project(client, { outside: past.url, files: begun.get(client) ?? {} });
      const asked = registry.requests.length;
      const { code, output } = await made.run(...args);
      await past.close();
      assert.notEqual(code, 0, output);
      assert.ok(past.requests.length > 0, output);
      assert.equal(registry.requests.length, asked);
    });
  }
});

/** What the upstream's search knows: its own `latest`. */
const FOUND = {
  objects: CLIENTS.map((client) => ({
    package: {
      name: depOf(client),
      version: "2.0.0",
      description: "Found by the upstream.",
      date: YOUNG,
      links: {},
      keywords: [],
      publisher: { username: "acme" },
      maintainers: [{ username: "acme" }],
    },
  })),
  total: CLIENTS.length,
  time: "now",
};

/** Versions as words of their own: 1.2.0 is not in 11.2.0. */
function assertVersions({ output }: Pick<ClientRun, "output">, shown: readonly string[], hidden: readonly string[]) {
  const isShown = (version: string) =>
    new RegExp(`(?<![\\w.])${version.replaceAll(".", "\\.")}(?![\\w.])`).test(output.replaceAll(".tgz", " "));
  assert.deepEqual([...shown, ...hidden].filter(isShown), [...shown], output);
}
