/** The settings of docs/CLIENTS.md, written for the real clients, and what it says that they print. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import { CLIENTS, type ClientName, type ClientRun, makeClientProject } from "../support/clients.ts";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { makeGoProject, NO_GO } from "../support/go-client.ts";
import { type FixtureModules, startModules } from "../support/go-modules.ts";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixturePypi, startPypi } from "../support/pypi-registry.ts";
import { makePythonProject, PYTHON_CLIENTS, type PythonClientName } from "../support/python-clients.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const DOCS = readFileSync(new URL("../../docs/CLIENTS.md", import.meta.url), "utf8");
const PUBLIC = "https://packages.acme.example";
/** Whatever the document does not set leads nowhere. */
const NOWHERE = "http://127.0.0.1:9/";
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0"];
const releases = VERSIONS.map((version) => ({ version }));

/** What a section has a reader write, and the commands with the lines that they print. */
interface HowTo {
  readonly file: string | undefined;
  readonly settings: string;
  readonly commands: readonly { readonly command: string; readonly lines: readonly string[] }[];
}

function howTo(heading: string): HowTo {
  const section = DOCS.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const [, above = "", settings = ""] = /^([^\n]+):\n\n```\w+\n(.*?)^```$/ms.exec(section) ?? [];
  const commands = [...section.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, text = ""]) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...lines] = part.trimEnd().split("\n");
        return { command, lines };
      }),
  );
  return { file: /^`([^`]+)`/.exec(above)?.[1], settings, commands };
}

/** Clients draw frames, and break lines to fit a terminal. */
function plain(text: string): string {
  return text.replace(/[\s│╰─▶×]/g, "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

describe("docs/CLIENTS.md", () => {
  let registry: FixtureRegistry;
  let pypi: FixturePypi;
  let crates: FixtureCrates;
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry([{ name: "dep", releases }]);
    pypi = await startPypi([{ name: "dep", releases }]);
    crates = await startCrates([
      { name: "dep", versions: releases },
      { name: "only-evil", versions: [{ version: "1.0.0" }] },
    ]);
    modules = await startModules([
      { path: "example.com/dep", versions: VERSIONS.map((version) => ({ version: `v${version}` })) },
    ]);
    folder = makeBundleFolder();
    const records = [
      malwareRecord("dep", ["1.2.0"]),
      malwareRecord("dep", ["1.2.0"], "MAL-2026-1", "PyPI"),
      malwareRecord("dep", ["1.2.0"], "MAL-2026-1", "crates.io"),
      malwareRecord("only-evil", ["1.0.0"], "MAL-2026-2", "crates.io"),
      malwareRecord("example.com/dep", ["1.2.0"], "MAL-2026-1", "Go"),
    ];
    await folder.sign({ source: { policies: [MALWARE_POLICY] }, records });
    const upstreams = new Map([
      ["npm", registry.url],
      ["pypi", pypi.simple],
      ["cargo", new URL("index/", crates.url)],
      ["golang", modules.url],
    ] as const);
    proxy = await startTestProxy(folder, registry, { upstreams });
  });
  after(async () => {
    await proxy.close();
    for (const server of [registry, pypi, crates, modules]) await server.close();
    folder.remove();
  });

  const here = (text: string) => text.replaceAll(PUBLIC, proxy.publicUrl);
  const settingsOf = (heading: string): { file: string; settings: string } => {
    const { file, settings } = howTo(heading);
    assert.ok(settings.includes(PUBLIC), `${heading} has settings`);
    return { file: file ?? "", settings: here(settings) };
  };

  /** Each command of the section prints its lines, in order; `…` stands for anything. */
  async function assertPrints(
    heading: string,
    run: (args: readonly string[]) => Promise<ClientRun>,
    isMeant: (lines: readonly string[]) => boolean = () => true,
  ): Promise<void> {
    const { commands } = howTo(heading);
    const meant = commands.filter(({ lines }) => isMeant(lines));
    assert.ok(meant.length > 0, heading);
    for (const { command, lines } of meant) {
      const [, ...args] = command.split(" ");
      const { code, output } = await run(args);
      const isRefusal = lines.some((line) => /blocked/.test(line));
      assert.equal(code !== 0, isRefusal, output);
      const pattern = lines.map((line) => here(line).split("…").map(plain).map(escaped).join(".*"));
      assert.match(plain(output), new RegExp(pattern.join(".*")), output);
    }
  }

  const HEADINGS: Readonly<Record<ClientName, string>> = {
    npm: "npm",
    pnpm10: "pnpm",
    pnpm12: "pnpm",
    yarn1: "yarn 1",
    yarn4: "yarn 4",
    bun: "bun",
  };
  /** What the one section on both prints of the other. */
  const OF_ANOTHER: Readonly<Partial<Record<ClientName, RegExp>>> = { pnpm10: /^Tarball server/, pnpm12: /^ERR_PNPM_/ };
  /** Besides what the document says: that loopback may be asked without TLS, and that all lies in the project. */
  const YARN4 = [
    `unsafeHttpWhitelist: ["127.0.0.1"]`,
    "nodeLinker: node-modules",
    "enableGlobalCache: false",
    "enableTelemetry: false",
    "enableColors: false",
    "httpRetry: 0",
    "npmMinimalAgeGate: 0",
    "",
  ].join("\n");

  for (const client of CLIENTS) {
    it(`sets up ${client}, and says what it prints`, async () => {
      const { file, settings } = settingsOf(HEADINGS[client]);
      const files = { [file]: client === "yarn4" ? settings + YARN4 : settings };
      const project = makeClientProject(client, NOWHERE, { files });
      try {
        const added = await project.add("dep");
        assert.equal(added.code, 0, added.output);
        assert.equal(project.installed("dep"), "1.1.0");
        const isMeant = (lines: readonly string[]) => !lines.some((line) => OF_ANOTHER[client]?.test(line));
        await assertPrints(HEADINGS[client], (args) => project.run(...args), isMeant);
      } finally {
        project.remove();
      }
    });
  }

  const PYPROJECT = [
    "[project]",
    `name = "app"`,
    `version = "1.0.0"`,
    `requires-python = ">=3.9,<4"`,
    "dependencies = []",
    "[tool.poetry]",
    "package-mode = false",
    "[tool.pdm]",
    "distribution = false",
    "",
  ].join("\n");
  const NAMES_THE_PROXY = new Set<PythonClientName>(["uv", "poetry"]);

  for (const client of PYTHON_CLIENTS) {
    it(`sets up ${client}, and says what it prints`, async () => {
      const heading = client.replace(/\d+$/, "");
      const { file, settings } = settingsOf(heading);
      const files = { [file]: file === "pyproject.toml" ? PYPROJECT + settings : settings };
      const environment = { PIP_CONFIG_FILE: "pip.conf", PIP_INDEX_URL: "", COLUMNS: "1000" };
      const project = makePythonProject(client, NOWHERE, { files, environment });
      try {
        const added = await project.add("dep");
        assert.equal(added.code, 0, added.output);
        assert.equal(project.installed("dep"), "1.1.0");
        if (NAMES_THE_PROXY.has(client)) assert.ok(project.lockfile()?.includes(proxy.publicUrl));
        await assertPrints(heading, (args) => project.run(...args));
      } finally {
        project.remove();
      }
    });
  }

  it("sets up cargo, and says what it prints", { skip: NO_CARGO ?? false }, async () => {
    const { file, settings } = settingsOf("cargo");
    const project = makeCargoProject(NOWHERE, { files: { [file]: settings } });
    try {
      for (const run of [await project.add("dep"), await project.fetch()]) assert.equal(run.code, 0, run.output);
      assert.equal(project.locked("dep"), "1.1.0");
      await assertPrints("cargo", async (args) => {
        const added = await project.run(...args);
        return added.code === 0 ? project.fetch() : added;
      });
    } finally {
      project.remove();
    }
  });

  it("sets up go, and says what it prints", { skip: NO_GO ?? false }, async () => {
    const [, address = ""] = /^export GOPROXY=(\S+)$/m.exec(settingsOf("go").settings) ?? [];
    const project = makeGoProject(address);
    try {
      await assertPrints("go", (args) => project.run(...args));
      assert.equal(project.required("example.com/dep"), "v1.1.0");
    } finally {
      project.remove();
    }
  });
});
