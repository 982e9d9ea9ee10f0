/** The go command as people run it, each time in a project of its own that knows nothing of the machine. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientRun } from "./clients.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { CLIENT_MS } from "./lanes.ts";

/** Why there is no go to be run; undefined where there is. */
export const NO_GO = withoutGo();

function withoutGo(): string | undefined {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "go is not installed here";
  }
}

export interface GoProjectOptions {
  /** Left out: none, so that what a checksum database would be asked for is not. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lines of main.go's imports. */
  readonly imports?: readonly string[];
}

export interface GoProject extends Folder {
  get(...specs: readonly string[]): Promise<ClientRun>;
  run(...args: readonly string[]): Promise<ClientRun>;
  /** The version in go.mod; undefined where it is not required. */
  required(path: string): string | undefined;
  /** Every version of a module that was unpacked. */
  unpacked(path: string): string[];
}

/** The discard port: without a listener, a request to anywhere fails. */
const NOWHERE = "http://127.0.0.1:9";

export function makeGoProject(proxy: string, { environment = {}, imports = [] }: GoProjectOptions = {}): GoProject {
  const folder = makeFolder();
  const { path } = folder;
  folder.write("go.mod", "module app\n\ngo 1.21\n");
  folder.write(
    "main.go",
    `package main\n\n${imports.map((name) => `import _ "${name}"\n`).join("")}\nfunc main() {}\n`,
  );
  const cache = join(path, ".cache", "mod");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: path,
    GOENV: "off",
    GOPATH: join(path, ".cache"),
    GOMODCACHE: cache,
    GOCACHE: join(path, ".cache", "build"),
    GOPROXY: proxy,
    GOSUMDB: "off",
    GOTOOLCHAIN: "local",
    GOFLAGS: "-mod=mod -modcacherw",
    GOVCS: "*:off",
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    NO_PROXY: "127.0.0.1",
    ...environment,
  };
  const run = (...args: readonly string[]) =>
    new Promise<ClientRun>((resolve) =>
      execFile("go", args, { cwd: path, env, timeout: CLIENT_MS }, (error, stdout, stderr) =>
        resolve({
          code: error ? (typeof error.code === "number" ? error.code : 1) : 0,
          output: `${stdout}${stderr}`,
        }),
      ),
    );
  return {
    ...folder,
    run,
    get: (...specs) => run("get", ...specs),
    required: (name) => {
      const mod = readFileSync(join(path, "go.mod"), "utf8");
      return mod
        .split("\n")
        .find((line) => line.includes(`${name} v`))
        ?.replace(/.* (v\S+).*/, "$1");
    },
    unpacked(name) {
      const parent = join(cache, ...name.split("/").slice(0, -1));
      const last = `${name.split("/").at(-1)}@`;
      if (!existsSync(parent)) return [];
      return readdirSync(parent).flatMap((entry) => (entry.startsWith(last) ? [entry.slice(last.length)] : []));
    },
  };
}
