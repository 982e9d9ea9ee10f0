/** Actions as a runner starts them: the built file, told everything by environment and files. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Folder, makeFolder } from "./folder.ts";

const ACTIONS = fileURLToPath(new URL("../../.github/actions/", import.meta.url));
/** Those that a step writes to. */
const FILES = ["output", "summary", "env", "state"] as const;
/** The runners' own Node, also where the tests run on another runtime. */
const NODE = "deno" in process.versions ? "node" : process.execPath;
/** What the runner of whoever runs these tests may have set. */
const FOREIGN = /^(npm_|.*_proxy$|force_color|actions_|github_|gh_|input_|runner_|cordon_|sigstore_|buildkite)/i;

export interface ActionStep {
  readonly inputs: Readonly<Record<string, string>>;
  /** The workspace. */
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What GitHub says of the event. */
  readonly event?: object;
  /** Left out: `.github/actions/dist`. */
  readonly dist?: string;
}

export interface ActionRun {
  readonly code: number | null;
  readonly log: string;
  /** Workflow commands in the log, as the runner finds them. */
  readonly annotations: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What the steps that follow have in their environment. */
  readonly exported: Readonly<Record<string, string>>;
  /** What the step hands to its own end, as that finds it. */
  readonly state: Readonly<Record<string, string>>;
}

/** A folder with the actions as the sources give them now. */
export async function buildActions(): Promise<Folder> {
  const folder = makeFolder();
  const child = spawn(NODE, [join(ACTIONS, "build.ts"), "--out", folder.path], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`the actions cannot be built: ${code}`);
  return folder;
}

/** Runs `dist/NAME.mjs`; inputs that are not given have no default, as those of `action.yml` would be. */
export async function runAction(
  name: string,
  { inputs, cwd, environment, event, dist = join(ACTIONS, "dist") }: ActionStep,
): Promise<ActionRun> {
  const files = makeFolder({
    ...Object.fromEntries(FILES.map((file) => [file, ""])),
    "event.json": JSON.stringify(event ?? {}),
  });
  const at = (file: string) => join(files.path, file);
  const given = Object.entries(inputs).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]);
  const own = Object.entries(process.env).filter(([key]) => !FOREIGN.test(key));
  const child = spawn(NODE, [join(dist, `${name}.mjs`)], {
    cwd,
    env: {
      ...Object.fromEntries([...own, ...given]),
      GITHUB_OUTPUT: at("output"),
      GITHUB_ENV: at("env"),
      GITHUB_STATE: at("state"),
      GITHUB_STEP_SUMMARY: at("summary"),
      GITHUB_EVENT_PATH: at("event.json"),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [output = "", summary = "", env = "", state = ""] = FILES.map((file) => readFileSync(at(file), "utf8"));
  files.remove();
  const annotations = log.split("\n").filter((line) => line.startsWith("::"));
  const states = Object.entries(parseOutputs(state)).map(([key, value]) => [`STATE_${key}`, value]);
  return {
    ...{ code, log, annotations, summary },
    outputs: parseOutputs(output),
    exported: parseOutputs(env),
    state: Object.fromEntries(states),
  };
}

/** `NAME<<DELIMITER`, lines, `DELIMITER`: the form that the runner reads. */
function parseOutputs(text: string): Record<string, string> {
  const found = [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2\n/gm)];
  return Object.fromEntries(found.map(([, name, , value]) => [name, value]));
}
