/** A policy repository on a forge, somebody's clone of it, and the registry that it judges. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { OsvRecord } from "../../../schemas/types/advisory.ts";
import { type CliRun, cordonWith } from "../cli.ts";
import { type Folder, makeFolder } from "../folder.ts";
import type { FixturePackage } from "../packument.ts";
import { AGE_POLICY, MALWARE_POLICY, SCRIPTS_POLICY } from "../policies.ts";
import { type FixtureRegistry, startRegistry } from "../registry.ts";
import { type Forge, type ForgeKind, startForge } from "./forge.ts";

/** Rather a failure than a test without end. */
const TIMEOUT_MS = 60_000;

export interface PolicyCloneOptions {
  readonly kind: ForgeKind;
  readonly packages: readonly FixturePackage[];
  readonly advisories?: readonly OsvRecord[];
  /** Replaces or adds settings of cordon.yaml. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further files of the repository. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface PolicyClone {
  readonly forge: Forge;
  readonly registry: FixtureRegistry;
  /** Where somebody works. */
  readonly path: string;
  /** The folder that this person's programs take for their home, and for temporary files. */
  readonly home: string;
  /** Not at once: it may ask the forge, which this process is. */
  git(...args: string[]): Promise<string>;
  /** `cordon quarantine ARGS…` in the clone, with a token that may write. */
  run(...args: string[]): Promise<CliRun>;
  /** With another environment. */
  runWith(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<CliRun>;
  /** The same elsewhere, or without a folder. */
  runIn(
    dir: string | undefined,
    environment: Readonly<Record<string, string>>,
    command: string,
    ...args: string[]
  ): Promise<CliRun>;
  /** What has been left behind in the folder for temporary files. */
  leftovers(): readonly string[];
  write: Folder["write"];
  close(): Promise<void>;
}

export async function startPolicyClone(options: PolicyCloneOptions): Promise<PolicyClone> {
  const { kind, packages, advisories = [], config = {}, files = {} } = options;
  const registry = await startRegistry(packages);
  const settings = { apiVersion: "cordon/v1", kind: "Cordon", forge: { kind }, upstreams: { npm: registry.url.href } };
  const policies = [AGE_POLICY, SCRIPTS_POLICY, MALWARE_POLICY].map(({ path, text }) => [path, text]);
  const forge = await startForge({
    kind,
    files: {
      "cordon.yaml": JSON.stringify({ ...settings, ...config }),
      ...Object.fromEntries(policies),
      ...Object.fromEntries(advisories.map((record) => [`advisories/${record.id}.json`, JSON.stringify(record)])),
      ...files,
    },
  });
  const folder = makeFolder({
    "home/.gitconfig": "[user]\n\tname = Dev Eloper\n\temail = dev@acme.example\n[credential]\n\thelper = store\n",
    "home/.git-credentials": `${forge.page.replace(/^(http:..)([^/]+).*$/, `$1${forge.account.name}:${forge.account.password}@$2`)}\n`,
    "tmp/.keep": "",
  });
  const [home, path, temporary] = ["home", "work/policies", "tmp"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const environment = { HOME: home, TMPDIR: temporary, GIT_CONFIG_NOSYSTEM: "1" };
  const git = async (dir: string, ...args: string[]): Promise<string> => {
    const env = { PATH: process.env["PATH"], ...environment };
    return (await promisify(execFile)("git", ["-C", dir, ...args], { env, timeout: TIMEOUT_MS })).stdout.trimEnd();
  };
  await git(folder.path, "clone", "--quiet", `${forge.page}.git`, path);
  const runIn: PolicyClone["runIn"] = (dir, given, command, ...args) => {
    const where = dir === undefined ? [] : ["--dir", dir];
    return cordonWith({ ...environment, ...given }, "quarantine", command, ...args, ...where);
  };
  const runWith: PolicyClone["runWith"] = (given, command = "", ...args) => runIn(path, given, command, ...args);
  return {
    forge,
    registry,
    path,
    home,
    git: (...args) => git(path, ...args),
    run: (...args) => runWith({ [forge.tokenVariable]: forge.token }, ...args),
    runWith,
    runIn,
    leftovers: () => readdirSync(temporary).filter((name) => name !== ".keep"),
    write: (name, content) => folder.write(`work/policies/${name}`, content),
    async close() {
      await Promise.all([forge.close(), registry.close()]);
      folder.remove();
    },
  };
}
