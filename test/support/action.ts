/** Actions as a runner starts them: the built file, told everything by environment and files. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder } from "./folder.ts";

const ACTIONS = fileURLToPath(new URL("../../.github/actions/", import.meta.url));
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
}

export interface ActionRun {
  readonly code: number | null;
  readonly log: string;
  /** Workflow commands in the log, as the runner finds them. */
  readonly annotations: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Runs `dist/NAME.mjs`; inputs that are not given have no default, as those of `action.yml` would be. */
export async function runAction(name: string, { inputs, cwd, environment, event }: ActionStep): Promise<ActionRun> {
  const files = makeFolder({ output: "", summary: "", "event.json": JSON.stringify(event ?? {}) });
  const at = (file: string) => join(files.path, file);
  const given = Object.entries(inputs).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]);
  const own = Object.entries(process.env).filter(([key]) => !FOREIGN.test(key));
  const child = spawn(NODE, [join(ACTIONS, "dist", `${name}.mjs`)], {
    cwd,
    env: {
      ...Object.fromEntries([...own, ...given]),
      GITHUB_OUTPUT: at("output"),
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
  const [output, summary] = ["output", "summary"].map((file) => readFileSync(at(file), "utf8"));
  files.remove();
  const annotations = log.split("\n").filter((line) => line.startsWith("::"));
  return { code, log, annotations, outputs: parseOutputs(output ?? ""), summary: summary ?? "" };
}

/** `NAME<<DELIMITER`, lines, `DELIMITER`: the form that the runner reads. */
function parseOutputs(text: string): Record<string, string> {
  const found = [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2\n/gm)];
  return Object.fromEntries(found.map(([, name, , value]) => [name, value]));
}
