/** The real npm, in a project of its own, with nothing of the machine's settings but what it is given. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Folder, makeFolder } from "./folder.ts";

export interface NpmRun {
  readonly code: number;
  /** What a person sees: standard output and error. */
  readonly output: string;
}

export interface NpmProject extends Folder {
  run(...args: string[]): Promise<NpmRun>;
  /** Package path to what the lockfile pins. */
  lock(): Record<string, { version: string; resolved?: string; integrity?: string }>;
  /** The version that is installed; undefined where none is. */
  installed(name: string): string | undefined;
}

/** `environment`: variables besides those that every project's npm gets. */
export function makeNpmProject(
  registry: string,
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): NpmProject {
  const folder = makeFolder({ "package.json": '{"name":"app","version":"1.0.0"}', ...files });
  return {
    ...folder,
    run: (...args) => runNpm(folder.path, registry, environment, args),
    lock: () => JSON.parse(readFileSync(join(folder.path, "package-lock.json"), "utf8")).packages,
    installed(name) {
      try {
        return JSON.parse(readFileSync(join(folder.path, "node_modules", name, "package.json"), "utf8")).version;
      } catch {
        return undefined;
      }
    },
  };
}

function runNpm(
  cwd: string,
  registry: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<NpmRun> {
  const env = {
    PATH: process.env["PATH"],
    HOME: cwd,
    npm_config_userconfig: join(cwd, ".npmrc-user"),
    npm_config_cache: join(cwd, ".npm-cache"),
    npm_config_registry: registry,
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
    npm_config_fetch_retries: "0",
    ...(process.env["NODE_EXTRA_CA_CERTS"] && { NODE_EXTRA_CA_CERTS: process.env["NODE_EXTRA_CA_CERTS"] }),
    ...(process.env["HTTPS_PROXY"] && { HTTPS_PROXY: process.env["HTTPS_PROXY"] }),
    ...environment,
  };
  return new Promise((resolve) => {
    execFile("npm", [...args], { cwd, env, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}
