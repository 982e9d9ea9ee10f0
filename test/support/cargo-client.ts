/** Cargo as people run it, each time in a project of its own that knows nothing of the machine. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "smol-toml";
import type { ClientRun } from "./clients.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { CLIENT_MS } from "./lanes.ts";

export interface CargoProjectOptions {
  /** Of Cargo.toml: a requirement, or the fields of the table. */
  readonly dependencies?: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  /**
   * How the project comes to the index: instead of the registry that Cargo asks otherwise (source replacement), or by a
   * name that each dependency gives (`registry = "cordon"`). Left out: instead.
   */
  readonly form?: "replacement" | "registry";
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** For the index; left out: none. */
  readonly token?: string;
  /** Where what is asked of other hosts goes; left out: to a port where nobody listens. */
  readonly outside?: string;
  /** Variables besides those that it always gets. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CargoProject extends Folder {
  /** Adds to Cargo.toml (`NAME`, `NAME@REQUIREMENT`) and resolves; downloads nothing. */
  add(...specs: readonly string[]): Promise<ClientRun>;
  /** Downloads and unpacks what is locked, which it locks before where nothing is. */
  fetch(...args: readonly string[]): Promise<ClientRun>;
  build(...args: readonly string[]): Promise<ClientRun>;
  /** What a CI runs: the lockfile as it is, or failure. */
  buildFrozen(): Promise<ClientRun>;
  /** Locks anew: all, or what is named. */
  update(...args: readonly string[]): Promise<ClientRun>;
  /** Writes the lockfile, and downloads nothing. */
  generateLockfile(): Promise<ClientRun>;
  run(...args: readonly string[]): Promise<ClientRun>;
  /** The version in the lockfile, the first of several; undefined where none is. */
  locked(name: string): string | undefined;
  /** Every version of it that Cargo keeps, as a .crate or unpacked. */
  unpacked(name: string): string[];
  /** Undefined where none was written. */
  lockfile(): string | undefined;
}

/** The name of the file that `lockfile()` reads. */
export const CARGO_LOCKFILE = "Cargo.lock";

/** The discard port: without a listener, a request to anywhere fails. */
const NOWHERE = "http://127.0.0.1:9";

const HOME = ".cargo-home";

/** The first that reads a sparse index. */
const OLDEST = [1, 68] as const;

interface Toolchain {
  /** The folder of its programs. */
  readonly bin: string;
}

/**
 * The programs themselves, not rustup's of the same names: those look for a toolchain in the HOME that a project gives
 * them, and download one.
 */
function findToolchain(): Toolchain | { readonly missing: string } {
  const ask = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, {
      cwd: tmpdir(),
      encoding: "utf8",
      env: { ...process.env, RUSTUP_AUTO_INSTALL: "0" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const bin = join(ask("rustc", "--print", "sysroot"), "bin");
    const [, version = "", major, minor] = /^cargo ((\d+)\.(\d+)\S*)/.exec(ask(join(bin, "cargo"), "--version")) ?? [];
    const old = Number(major) === OLDEST[0] && Number(minor) < OLDEST[1];
    return old ? { missing: `cargo ${version} reads no sparse index, as ${OLDEST.join(".")} and newer do` } : { bin };
  } catch {
    return { missing: "there is no rustc, or no cargo beside it" };
  }
}

const TOOLCHAIN = findToolchain();

/** Why there is no Cargo; undefined: there is. */
export const NO_CARGO = "missing" in TOOLCHAIN ? TOOLCHAIN.missing : undefined;
if (NO_CARGO) console.log(`# tests with cargo are skipped: ${NO_CARGO}`);

/** `index`: as Cargo's settings name it, `sparse+URL` with a slash at the end. */
export function makeCargoProject(index: string, options: CargoProjectOptions = {}): CargoProject {
  const { dependencies = {}, form = "replacement", files = {}, token, outside = NOWHERE, environment } = options;
  const named = form === "registry";
  const folder = makeFolder({
    ".cargo/config.toml": settings(index, form),
    "Cargo.toml": manifest(dependencies, named),
    "src/lib.rs": "",
  });
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  const env = {
    ...environmentOf(folder.path, outside),
    ...(token !== undefined && { CARGO_REGISTRIES_CORDON_TOKEN: token }),
    ...environment,
  };
  const run = (...args: readonly string[]) => start(args, folder.path, env);

  function lockfile(): string | undefined {
    const path = join(folder.path, CARGO_LOCKFILE);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  return {
    ...folder,
    run,
    add: (...specs) => run("add", ...(named ? ["--registry", "cordon"] : []), ...specs),
    fetch: (...args) => run("fetch", ...args),
    build: (...args) => run("build", ...args),
    buildFrozen: () => run("build", "--locked"),
    update: (...args) => run("update", ...args),
    generateLockfile: () => run("generate-lockfile"),
    locked: (name) => packagesIn(lockfile() ?? "").find((locked) => locked.name === name)?.version,
    unpacked(name) {
      const kept = ["cache", "src"].flatMap((kind) => namesBelow(join(folder.path, HOME, "registry", kind)));
      return [...new Set(versionsIn(kept, name))].sort();
    },
    lockfile,
  };
}

function settings(index: string, form: "replacement" | "registry"): string {
  return [
    ...(form === "replacement"
      ? ["[source.crates-io]", `replace-with = "cordon"`, "[source.cordon]", `registry = "${index}"`]
      : []),
    // Also where it replaces: by this name the token is found.
    "[registries.cordon]",
    `index = "${index}"`,
    "",
  ].join("\n");
}

function manifest(dependencies: NonNullable<CargoProjectOptions["dependencies"]>, named: boolean): string {
  const tables = Object.entries(dependencies).flatMap(([name, dependency]) => [
    `[dependencies.${name}]`,
    ...Object.entries({
      ...(typeof dependency === "string" ? { version: dependency } : dependency),
      ...(named && { registry: "cordon" }),
    }).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  return ["[package]", `name = "app"`, `version = "1.0.0"`, `edition = "2021"`, "", ...tables, ""].join("\n");
}

interface LockedPackage {
  readonly name: string;
  readonly version: string;
}

function packagesIn(lockfile: string): readonly LockedPackage[] {
  const { package: packages = [] } = parse(lockfile) as { readonly package?: readonly LockedPackage[] };
  return packages;
}

/** What lies in the folders, one for each index, that Cargo keeps. */
function namesBelow(path: string): string[] {
  const indexes = existsSync(path) ? readdirSync(path) : [];
  return indexes.flatMap((index) => readdirSync(join(path, index)));
}

/** The versions of a crate among files and folders named `NAME-VERSION`; a name may have hyphens, too. */
function versionsIn(names: readonly string[], name: string): string[] {
  return names.flatMap((kept) => {
    const version = kept.startsWith(`${name}-`) ? kept.slice(name.length + 1).replace(/\.crate$/, "") : "";
    return /^\d+\.\d+\.\d+/.test(version) ? [version] : [];
  });
}

function environmentOf(cwd: string, outside: string): Record<string, string> {
  if ("missing" in TOOLCHAIN) throw new Error(TOOLCHAIN.missing);
  return {
    PATH: [TOOLCHAIN.bin, process.env["PATH"]].join(delimiter),
    HOME: cwd,
    TMPDIR: cwd,
    XDG_CONFIG_HOME: join(cwd, ".config"),
    XDG_DATA_HOME: join(cwd, ".local"),
    XDG_CACHE_HOME: join(cwd, ".xdg-cache"),
    CARGO_HOME: join(cwd, HOME),
    CARGO_NET_RETRY: "0",
    CARGO_NET_GIT_FETCH_WITH_CLI: "true",
    // Without it no token is sent, not even one from a variable.
    CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS: "cargo:token",
    CARGO_TERM_COLOR: "never",
    CARGO_TERM_PROGRESS_WHEN: "never",
    CARGO_INCREMENTAL: "0",
    RUSTUP_AUTO_INSTALL: "0",
    HTTP_PROXY: outside,
    http_proxy: outside,
    HTTPS_PROXY: outside,
    https_proxy: outside,
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
    NO_COLOR: "1",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}

function start(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<ClientRun> {
  return new Promise((resolve) => {
    const child = execFile(
      "cargo",
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
