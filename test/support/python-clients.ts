/** The clients of Python packages as people run them, each in a project of its own that knows nothing of the machine. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { normalizeName } from "../../core/purl.ts";
import type { ClientRun } from "./clients.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { CLIENT_MS } from "./lanes.ts";

const NAMES = ["pip23", "pip26", "uv", "poetry", "pdm"] as const;
export type PythonClientName = (typeof NAMES)[number];

export interface PythonProjectOptions {
  /** What the project depends on, as `Requires-Dist` writes it. */
  readonly dependencies?: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Where what is asked of other hosts goes; left out: to a port where nobody listens. */
  readonly outside?: string;
  /** Variables besides those that every client gets. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PythonProject extends Folder {
  readonly client: PythonClientName;
  /** Adds to what the project depends on and installs. */
  add(...specs: readonly string[]): Promise<ClientRun>;
  install(): Promise<ClientRun>;
  /** What a CI runs: the lockfile as it is, or failure. */
  installFrozen(): Promise<ClientRun>;
  /** Writes the lockfile, and installs nothing. */
  lock(): Promise<ClientRun>;
  run(...args: readonly string[]): Promise<ClientRun>;
  /** The version in the project's environment; undefined where none is. */
  installed(name: string): string | undefined;
  /** Every version of it that was unpacked anywhere, caches included. */
  unpacked(name: string): string[];
  /** Undefined where none was written. */
  lockfile(): string | undefined;
  /** Takes the environment away, so that the next call makes it anew; caches stay. */
  forget(): void;
}

interface Client {
  /** Its program and the arguments before those of the call; the program lies in the client's folder. */
  readonly command: readonly string[];
  readonly lockfile: string;
  readonly add: readonly string[];
  readonly install: readonly string[];
  readonly frozen: readonly string[];
  readonly lock: readonly string[];
  /** Its settings: all files lie in the project, the index is the only one, nothing is tried again. */
  settings(index: string, dependencies: readonly string[]): Readonly<Record<string, string>>;
  environment(index: string, path: string): Readonly<Record<string, string>>;
  /** What it leaves to people: to write down what was added, and what was found. */
  readonly added?: (folder: Folder, specs: readonly string[]) => void;
  readonly locked?: (folder: Folder) => void;
}

const HOME = process.env["CORDON_PYTHON_CLIENTS"];

/** The discard port: without a listener, a request to anywhere fails. */
const NOWHERE = "http://127.0.0.1:9";

const VENV = ".venv";
const DECLARED = "requirements.in";
const PINNED = "requirements.txt";
const REPORT = ".report.json";

/** The strings and lists of TOML and JSON at once. */
function pyproject(dependencies: readonly string[], ...tool: readonly string[]): string {
  return [
    "[project]",
    `name = "app"`,
    `version = "1.0.0"`,
    `requires-python = ">=3.9,<4"`,
    `dependencies = ${JSON.stringify(dependencies)}`,
    "",
    ...tool,
    "",
  ].join("\n");
}

function pip(): Client {
  return {
    command: ["python", "-m", "pip", "--python", VENV],
    lockfile: PINNED,
    add: ["install"],
    install: ["install", "-r", DECLARED],
    frozen: ["install", "--require-hashes", "-r", PINNED],
    lock: ["install", "--dry-run", "--ignore-installed", "--report", REPORT, "-r", DECLARED],
    settings: (_index, dependencies) => ({ [DECLARED]: lines(dependencies) }),
    environment: (index, path) => ({
      PIP_CONFIG_FILE: "/dev/null",
      PIP_INDEX_URL: index,
      PIP_CACHE_DIR: join(path, ".pip-cache"),
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      PIP_NO_PYTHON_VERSION_WARNING: "1",
      PIP_NO_INPUT: "1",
      PIP_NO_COLOR: "1",
      PIP_PROGRESS_BAR: "off",
      PIP_RETRIES: "0",
      PIP_NO_COMPILE: "1",
    }),
    added: (folder, specs) => folder.write(DECLARED, readFileSync(join(folder.path, DECLARED), "utf8") + lines(specs)),
    locked: (folder) => folder.write(PINNED, lines(pinsOf(join(folder.path, REPORT)))),
  };
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

interface PipReport {
  readonly install: readonly {
    readonly metadata: { readonly name: string; readonly version: string };
    readonly download_info: { readonly archive_info: { readonly hashes: { readonly sha256: string } } };
  }[];
}

/** What pip would install, as it wants it for `--require-hashes`. */
function pinsOf(report: string): string[] {
  const { install }: PipReport = JSON.parse(readFileSync(report, "utf8"));
  return install.map(
    ({ metadata: { name, version }, download_info }) =>
      `${name}==${version} --hash=sha256:${download_info.archive_info.hashes.sha256}`,
  );
}

const FAMILY: Readonly<Record<PythonClientName, Client>> = {
  pip23: pip(),
  pip26: pip(),
  uv: {
    command: ["uv"],
    lockfile: "uv.lock",
    add: ["add"],
    install: ["sync"],
    frozen: ["sync", "--locked"],
    lock: ["lock"],
    settings: (index, dependencies) => ({
      "pyproject.toml": pyproject(dependencies),
      // A file that is named is the only one that is read: the system's may name another index.
      "uv.toml": lines(["[[index]]", `name = "cordon"`, `url = "${index}"`, "default = true"]),
    }),
    environment: (_index, path) => ({
      UV_CONFIG_FILE: join(path, "uv.toml"),
      UV_CACHE_DIR: join(path, ".uv-cache"),
      UV_PYTHON_DOWNLOADS: "never",
      UV_PYTHON_PREFERENCE: "only-system",
      UV_LINK_MODE: "copy",
      UV_NO_PROGRESS: "1",
      UV_HTTP_RETRIES: "0",
    }),
  },
  poetry: {
    command: ["poetry", "--no-ansi", "--no-interaction"],
    lockfile: "poetry.lock",
    add: ["add"],
    install: ["install"],
    frozen: ["sync"],
    lock: ["lock"],
    settings: (index, dependencies) => ({
      "pyproject.toml": pyproject(
        dependencies,
        "[tool.poetry]",
        "package-mode = false",
        "[[tool.poetry.source]]",
        `name = "cordon"`,
        `url = "${index}"`,
        `priority = "primary"`,
      ),
    }),
    environment: (_index, path) => ({
      POETRY_CONFIG_DIR: join(path, ".poetry-config"),
      POETRY_DATA_DIR: join(path, ".poetry-data"),
      POETRY_CACHE_DIR: join(path, ".poetry-cache"),
      POETRY_VIRTUALENVS_IN_PROJECT: "true",
      POETRY_REQUESTS_MAX_RETRIES: "0",
      POETRY_SOLVER_MIN_RELEASE_AGE: "0",
      POETRY_KEYRING_ENABLED: "false",
    }),
  },
  pdm: {
    command: ["pdm"],
    lockfile: "pdm.lock",
    add: ["add"],
    install: ["install"],
    frozen: ["sync"],
    lock: ["lock"],
    settings: (index, dependencies) => ({
      "pyproject.toml": pyproject(
        dependencies,
        "[tool.pdm]",
        "distribution = false",
        "[[tool.pdm.source]]",
        // The name of the index that it would ask otherwise.
        `name = "pypi"`,
        `url = "${index}"`,
        "verify_ssl = false",
      ),
    }),
    environment: (_index, path) => ({
      PDM_CONFIG_FILE: join(path, ".pdm.toml"),
      PDM_CACHE_DIR: join(path, ".pdm-cache"),
      PDM_LOG_DIR: join(path, ".pdm-log"),
      PDM_CHECK_UPDATE: "false",
      PDM_NON_INTERACTIVE: "1",
    }),
  },
};

/** The client's own folder, with its program in bin/. */
function folderOf(client: PythonClientName): string {
  return join(HOME ?? "", client);
}

function commandOf(client: PythonClientName): string[] {
  const [program = "", ...args] = FAMILY[client].command;
  return [join(folderOf(client), "bin", program), ...args];
}

/** Why there are no clients; undefined: there are. */
export const NO_PYTHON_CLIENTS =
  HOME === undefined ? "CORDON_PYTHON_CLIENTS names no folder (see test/support/install-python-clients.sh)" : undefined;
if (NO_PYTHON_CLIENTS) console.log(`# tests with clients of Python packages are skipped: ${NO_PYTHON_CLIENTS}`);

/** Those that are there. */
export const PYTHON_CLIENTS: readonly PythonClientName[] = NAMES.filter((client) => {
  if (HOME === undefined) return false;
  const [program = ""] = commandOf(client);
  const missing = !existsSync(program);
  if (missing) console.log(`# tests with ${client} are left out: there is no ${program}`);
  return !missing;
});

/** `index`: the base of the simple API, with a slash at the end. */
export function makePythonProject(
  client: PythonClientName,
  index: string,
  options: PythonProjectOptions = {},
): PythonProject {
  const { add, install, frozen, lock, lockfile, settings, added, locked } = FAMILY[client];
  const { dependencies = [], files = {}, outside = NOWHERE } = options;
  const folder = makeFolder(settings(index, dependencies));
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const env = {
    ...environmentOf(folder.path, outside),
    ...FAMILY[client].environment(index, folder.path),
    ...options.environment,
  };
  let venv: Promise<ClientRun> | undefined;
  const run = async (...args: readonly string[]) => {
    // All find it, and none has to make one, for which some would need a pip.
    venv ??= start([join(folderOf(client), "bin/python"), "-m", "venv", "--without-pip", VENV], folder.path, env);
    const made = await venv;
    return made.code === 0 ? start([...commandOf(client), ...args], folder.path, env) : made;
  };
  return {
    ...folder,
    client,
    run,
    add(...specs) {
      added?.(folder, specs);
      return run(...add, ...specs);
    },
    install: () => run(...install),
    installFrozen: () => run(...frozen),
    async lock() {
      const done = await run(...lock);
      if (done.code === 0) locked?.(folder);
      return done;
    },
    installed(name) {
      const lib = join(folder.path, VENV, "lib");
      const packages = existsSync(lib) ? readdirSync(lib).map((python) => join(lib, python, "site-packages")) : [];
      return packages.flatMap((path) => versionsIn(readdirSync(path), name))[0];
    },
    unpacked(name) {
      const found = readdirSync(folder.path, { recursive: true, withFileTypes: true }).map((entry) => entry.name);
      return [...new Set(versionsIn(found, name))].sort();
    },
    lockfile() {
      const path = join(folder.path, lockfile);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    },
    forget() {
      rmSync(join(folder.path, VENV), { recursive: true, force: true });
      venv = undefined;
    },
  };
}

/** The name of the file that `lockfile()` reads. */
export function pythonLockfileName(client: PythonClientName): string {
  return FAMILY[client].lockfile;
}

/** The versions of a project among the folders that installers leave in an environment or a cache: `NAME-VERSION.dist-info`. */
function versionsIn(folders: readonly string[], name: string): string[] {
  return folders.flatMap((folder) => {
    const [, found = "", version = ""] = /^([^-]+)-([^-]+)\.dist-info$/.exec(folder) ?? [];
    return normalizeName("pypi", found) === normalizeName("pypi", name) ? [version] : [];
  });
}

function environmentOf(cwd: string, outside: string): Record<string, string> {
  return {
    PATH: [join(cwd, VENV, "bin"), process.env["PATH"]].join(delimiter),
    HOME: cwd,
    TMPDIR: cwd,
    XDG_CONFIG_HOME: join(cwd, ".config"),
    XDG_CONFIG_DIRS: join(cwd, ".config"),
    XDG_DATA_HOME: join(cwd, ".local"),
    XDG_DATA_DIRS: join(cwd, ".local"),
    XDG_CACHE_HOME: join(cwd, ".xdg-cache"),
    XDG_STATE_HOME: join(cwd, ".state"),
    HTTP_PROXY: outside,
    http_proxy: outside,
    HTTPS_PROXY: outside,
    https_proxy: outside,
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
    NO_COLOR: "1",
    DO_NOT_TRACK: "1",
    PYTHONNOUSERSITE: "1",
    PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

function start(
  [file = "", ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<ClientRun> {
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
