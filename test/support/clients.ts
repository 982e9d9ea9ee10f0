/** The clients of the npm family as people run them, each in a project of its own that knows nothing of the machine. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Folder, makeFolder } from "./folder.ts";
import { CLIENT_MS } from "./lanes.ts";

const NAMES = ["npm", "pnpm10", "pnpm12", "yarn1", "yarn4", "bun"] as const;
export type ClientName = (typeof NAMES)[number];

export interface ClientRun {
  readonly code: number;
  /** What a person sees: standard output and error. */
  readonly output: string;
}

export interface ProjectOptions {
  /** Fields of package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Packages of a workspace: folder to fields of its package.json. */
  readonly workspaces?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Packages whose install scripts may run; left out: none. */
  readonly scripts?: readonly string[];
  /** The client's own age gate; left out: off, for some have one by default. */
  readonly minimumAgeDays?: number;
  /** For the registry; left out: none. */
  readonly token?: string;
  /** Where what is asked of other hosts goes; left out: to a port where nobody listens. */
  readonly outside?: string;
  /** Variables besides those that every client gets. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ClientProject extends Folder {
  readonly client: ClientName;
  /** Adds to package.json and installs. */
  add(...specs: readonly string[]): Promise<ClientRun>;
  install(): Promise<ClientRun>;
  /** What a CI runs: the lockfile as it is, or failure. */
  installFrozen(): Promise<ClientRun>;
  /** Publishes the project itself, asking nobody anything. */
  publish(): Promise<ClientRun>;
  /** What a tag of a package names from now on; undefined: nothing. Undefined itself where the client has no such command. */
  readonly tag: ((name: string, tag: string, version: string | undefined) => Promise<ClientRun>) | undefined;
  run(...args: readonly string[]): Promise<ClientRun>;
  /** The version that a package (of the workspace) would load; undefined where none is. */
  installed(name: string, from?: string): string | undefined;
  /** Every version of it that was unpacked anywhere, caches and stores included. */
  unpacked(name: string): string[];
  /** Undefined where none was written. */
  lockfile(): string | undefined;
}

interface Client {
  /** The arguments that start it, before those of the call. */
  readonly command: readonly string[];
  readonly lockfile: string;
  readonly add: readonly string[];
  readonly install: readonly string[];
  readonly frozen: readonly string[];
  readonly publish: readonly string[];
  /** Adding and removing a tag; left out where it cannot. */
  readonly tag?: readonly [add: readonly string[], remove: readonly string[]];
  /** Its settings: all files lie in the project, nobody is told, nothing is tried again. */
  settings(registry: string, options: ProjectOptions): Record<string, string>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MODULES = join(ROOT, "node_modules");
const DAY_MINUTES = 24 * 60;

/** The discard port: without a listener, an https request to anywhere fails. */
const NOWHERE = "http://127.0.0.1:9";

const DIST_TAG = [
  ["dist-tag", "add"],
  ["dist-tag", "rm"],
] as const;

/** A line of .npmrc, which most of the family read. */
function tokenLine(registry: string, token: string | undefined): string {
  return token === undefined ? "" : `${registry.replace(/^http:/, "")}:_authToken=${token}\n`;
}

/** The names of YAML and JSON at once. */
function yaml(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}

function pnpm(...command: string[]): Client {
  return {
    command,
    lockfile: "pnpm-lock.yaml",
    add: ["add"],
    install: ["install", "--no-frozen-lockfile"],
    frozen: ["install", "--frozen-lockfile"],
    publish: ["publish", "--no-git-checks"],
    tag: DIST_TAG,
    settings: (registry, { scripts = [], minimumAgeDays = 0, workspaces, token }) => ({
      ".npmrc": `registry=${registry}\n${tokenLine(registry, token)}`,
      "pnpm-workspace.yaml": yaml({
        ...(workspaces && { packages: Object.keys(workspaces) }),
        ignoreWorkspaceRootCheck: true,
        storeDir: ".store",
        cacheDir: ".cache",
        fetchRetries: 0,
        updateNotifier: false,
        minimumReleaseAge: minimumAgeDays * DAY_MINUTES,
        strictDepBuilds: false,
        onlyBuiltDependencies: scripts,
        allowBuilds: Object.fromEntries(scripts.map((name) => [name, true])),
      }),
    }),
  };
}

const FAMILY: Readonly<Record<ClientName, Client>> = {
  npm: {
    command: ["npm"],
    lockfile: "package-lock.json",
    add: ["install"],
    install: ["install"],
    frozen: ["ci"],
    publish: ["publish"],
    tag: DIST_TAG,
    settings: (registry, { scripts = [], minimumAgeDays, token }) => ({
      ".npmrc": [
        `registry=${registry}`,
        "cache=.npm-cache",
        "update-notifier=false",
        "fund=false",
        "audit=false",
        "fetch-retries=0",
        `ignore-scripts=${scripts.length === 0}`,
        ...(minimumAgeDays === undefined ? [] : [`min-release-age=${minimumAgeDays}`]),
        tokenLine(registry, token),
      ].join("\n"),
    }),
  },
  pnpm10: pnpm("node", join(MODULES, "pnpm/bin/pnpm.cjs")),
  // The wrapper's lockfile would name platforms that not every mirror has; the binary needs nothing else.
  pnpm12: pnpm(join(MODULES, "@pnpm/exe.linux-x64/pnpm")),
  yarn1: {
    command: ["node", join(MODULES, "yarn/bin/yarn.js"), "--no-progress", "--non-interactive"],
    lockfile: "yarn.lock",
    add: ["add", "--ignore-workspace-root-check"],
    install: ["install"],
    frozen: ["install", "--frozen-lockfile"],
    publish: ["publish"],
    tag: [
      ["tag", "add"],
      ["tag", "remove"],
    ],
    settings: (registry, { scripts = [], token }) => ({
      ".npmrc": `registry=${registry}\n${tokenLine(registry, token)}`,
      ".yarnrc": [
        `registry "${registry}"`,
        `cache-folder "./.yarn-cache"`,
        "disable-self-update-check true",
        `ignore-scripts ${scripts.length === 0}`,
        "",
      ].join("\n"),
    }),
  },
  yarn4: {
    command: ["node", join(MODULES, "@yarnpkg/cli-dist/bin/yarn.js")],
    lockfile: "yarn.lock",
    add: ["add"],
    install: ["install"],
    frozen: ["install", "--immutable"],
    publish: ["npm", "publish"],
    tag: [
      ["npm", "tag", "add"],
      ["npm", "tag", "remove"],
    ],
    settings: (registry, { scripts = [], minimumAgeDays = 0, outside = NOWHERE, token }) => ({
      ".yarnrc.yml": yaml({
        npmRegistryServer: registry,
        ...(token !== undefined && { npmAuthToken: token }),
        httpsProxy: outside,
        unsafeHttpWhitelist: ["127.0.0.1"],
        nodeLinker: "node-modules",
        enableGlobalCache: false,
        globalFolder: "./.yarn-global",
        enableTelemetry: false,
        enableImmutableInstalls: false,
        enableHardenedMode: false,
        enableColors: false,
        enableProgressBars: false,
        enableScripts: scripts.length > 0,
        httpRetry: 0,
        npmMinimalAgeGate: minimumAgeDays * DAY_MINUTES,
      }),
    }),
  },
  bun: {
    command: [bunBinary()],
    lockfile: "bun.lock",
    add: ["add"],
    install: ["install"],
    frozen: ["install", "--frozen-lockfile"],
    publish: ["publish"],
    settings: (registry, { minimumAgeDays, token }) => ({
      ...(token !== undefined && { ".npmrc": tokenLine(registry, token) }),
      "bunfig.toml": [
        "telemetry = false",
        "[install]",
        `registry = "${registry}"`,
        "saveTextLockfile = true",
        ...(minimumAgeDays === undefined ? [] : [`minimumReleaseAge = ${minimumAgeDays * DAY_MINUTES * 60}`]),
        "[install.cache]",
        `dir = ".bun-cache"`,
        "",
      ].join("\n"),
    }),
  },
};

/** The platform's own package has it even where bun's install script, which links it, did not run. */
function bunBinary(): string {
  const linked = join(MODULES, "bun/bin/bun.exe");
  return existsSync(linked) ? linked : platformBinary("@oven", "bun-", "bin/bun");
}

/** Of these packages, one for each platform, npm installs those that fit. */
function platformBinary(scope: string, prefix: string, path: string): string {
  const folder = join(MODULES, scope);
  const name = existsSync(folder) ? readdirSync(folder).find((one) => one.startsWith(prefix)) : undefined;
  return join(folder, name ?? prefix, path);
}

/** Those that are there: pnpm 12 and bun are not for every platform. */
export const CLIENTS: readonly ClientName[] = NAMES.filter((client) => {
  const missing = FAMILY[client].command.find((part) => part.startsWith(MODULES) && !existsSync(part));
  if (missing) console.log(`# tests with ${client} are left out: there is no ${missing}`);
  return !missing;
});

export function makeClientProject(client: ClientName, registry: string, options: ProjectOptions = {}): ClientProject {
  const { command, lockfile, add, install, frozen, publish, tag, settings } = FAMILY[client];
  const { manifest, workspaces = {}, files = {}, scripts = [], outside = NOWHERE, environment = {} } = options;
  const folder = makeFolder({
    ...settings(registry, options),
    "package.json": JSON.stringify({
      name: "app",
      version: "1.0.0",
      private: true,
      ...(options.workspaces && { workspaces: Object.keys(workspaces) }),
      ...(client === "bun" && scripts.length > 0 && { trustedDependencies: scripts }),
      ...manifest,
    }),
  });
  for (const [path, fields] of Object.entries(workspaces))
    folder.write(`${path}/package.json`, JSON.stringify({ version: "1.0.0", ...fields }));
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const run = (...args: readonly string[]) => start([...command, ...args], folder.path, { outside, environment });
  return {
    ...folder,
    client,
    run,
    add: (...specs) => run(...add, ...specs),
    install: () => run(...install),
    installFrozen: () => run(...frozen),
    publish: () => run(...publish),
    tag:
      tag &&
      ((name, label, version) =>
        version === undefined ? run(...tag[1], name, label) : run(...tag[0], `${name}@${version}`, label)),
    installed(name, from = "") {
      // npm's family looks upwards; what pnpm and bun do not hoist lies in a folder of theirs.
      const modules = [`${from}/node_modules`, "node_modules", "node_modules/.pnpm/node_modules"];
      return modules.map((path) => versionIn(join(folder.path, path, name))).find((version) => version !== undefined);
    },
    unpacked(name) {
      const found = readdirSync(folder.path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name === "package.json")
        .map((entry) => readManifest(join(entry.parentPath, entry.name)))
        .flatMap((found) => (found?.name === name && found.version !== undefined ? [found.version] : []));
      return [...new Set(found)].sort();
    },
    lockfile() {
      const path = join(folder.path, lockfile);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    },
  };
}

/** The name of the file that `lockfile()` reads. */
export function lockfileName(client: ClientName): string {
  return FAMILY[client].lockfile;
}

function versionIn(path: string): string | undefined {
  return readManifest(join(path, "package.json"))?.version;
}

function readManifest(path: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function start(
  [file = "", ...args]: readonly string[],
  cwd: string,
  { outside, environment }: Required<Pick<ProjectOptions, "outside" | "environment">>,
): Promise<ClientRun> {
  const env = {
    // The checkout's Node, where it has one: the system's may be older than the clients allow.
    PATH: [join(MODULES, ".bin"), process.env["PATH"]].join(delimiter),
    HOME: cwd,
    TMPDIR: cwd,
    XDG_CONFIG_HOME: join(cwd, ".config"),
    XDG_DATA_HOME: join(cwd, ".local"),
    XDG_CACHE_HOME: join(cwd, ".xdg-cache"),
    XDG_STATE_HOME: join(cwd, ".state"),
    HTTPS_PROXY: outside,
    https_proxy: outside,
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
    NO_COLOR: "1",
    // They would write their compiled code into each project anew.
    NODE_DISABLE_COMPILE_CACHE: "1",
    NO_UPDATE_NOTIFIER: "1",
    DO_NOT_TRACK: "1",
    npm_config_userconfig: join(cwd, ".npmrc-user"),
    npm_config_globalconfig: join(cwd, ".npmrc-global"),
    BUN_CONFIG_HTTP_RETRY_COUNT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    ...environment,
  };
  return new Promise((resolve) => {
    const child = execFile(
      file,
      args,
      { cwd, env, timeout: CLIENT_MS, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({ code, output: `${stdout}${stderr}` });
      },
    );
    child.stdin?.end();
  });
}
