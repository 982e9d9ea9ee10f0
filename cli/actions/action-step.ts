/**
 * What one step of a GitHub Actions job is told and tells: inputs, the event, outputs, environment and summary
 * (docs.github.com, "Workflow commands" and "Metadata syntax"). Only entries of actions read the process through this.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { CordonError, messageOf } from "../../core/errors.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import { readText } from "../../core/source/files.ts";
import { annotation } from "../annotation.ts";

/** In bytes. GitHub takes 1 MiB, and drops whole what is longer. */
export const MAX_SUMMARY = 1_000_000;

export interface ActionStep {
  readonly environment: NodeJS.ProcessEnv;
  /** An input as written; `fallback` where it is empty. */
  input(name: string, fallback?: string): string;
  /** Throws USAGE for anything but `true` and `false`. */
  flag(name: string): boolean;
  /** Throws USAGE for anything but one of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[]): T;
  /** The lines of an input that hold anything. */
  lines(name: string): readonly string[];
  /** The event that started the run, as GitHub describes it; empty where there is none. */
  event(): Readonly<Record<string, unknown>>;
  output(name: string, value: string | number): void;
  /** Sets a variable for the steps that follow. */
  exportVariable(name: string, value: string): void;
  /** Hands a value to the step's own end (`post`), as `STATE_name`. */
  saveState(name: string, value: string): void;
  /** Markdown on the run's page. */
  summarize(markdown: string): void;
  log(line: string): void;
}

export function openStep(environment: NodeJS.ProcessEnv, log: (line: string) => void = console.log): ActionStep {
  const input = (name: string, fallback = "") => {
    // Runners upper-case the name and keep its hyphens.
    const value = environment[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`]?.trim() ?? "";
    return value === "" ? fallback : value;
  };
  const append = (variable: string, text: string) => {
    const path = environment[variable];
    if (path) appendFileSync(path, text);
  };
  return {
    environment,
    input,
    flag(name) {
      const value = input(name, "false").toLowerCase();
      if (value !== "true" && value !== "false") throw wrongInput(name, value, ["true", "false"]);
      return value === "true";
    },
    choice(name, choices) {
      const found = choices.find((choice) => choice === input(name));
      if (found === undefined) throw wrongInput(name, input(name), choices);
      return found;
    },
    lines: (name) =>
      input(name)
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ""),
    event() {
      const path = environment["GITHUB_EVENT_PATH"];
      const event: unknown = path ? JSON.parse(readText(path)) : {};
      return isObject(event) ? event : {};
    },
    output: (name, value) => append("GITHUB_OUTPUT", assignment(name, String(value))),
    exportVariable: (name, value) => append("GITHUB_ENV", assignment(name, value)),
    saveState: (name, value) => append("GITHUB_STATE", assignment(name, value)),
    summarize: (markdown) => append("GITHUB_STEP_SUMMARY", `${wholeLines(markdown, MAX_SUMMARY)}\n`),
    log,
  };
}

function wrongInput(name: string, value: string, choices: readonly string[]): CordonError {
  return new CordonError("USAGE", `the input ${name} is ${JSON.stringify(value)}, and may be ${choices.join(", ")}`, {
    next: "Correct the step's `with:`.",
  });
}

/** As many lines as there is room for. What is cut within a line may end a piece of code, and come alive. */
function wholeLines(markdown: string, maxBytes: number): string {
  if (Buffer.byteLength(markdown) <= maxBytes) return markdown;
  const lines = markdown.split("\n");
  let [room, kept] = [maxBytes - 100, 0];
  for (; kept < lines.length; kept++) {
    room -= Buffer.byteLength(lines[kept] ?? "") + 1;
    if (room < 0) break;
  }
  return [...lines.slice(0, kept), "", `(${lines.length - kept} more lines are left out here.)`].join("\n");
}

/** The form with a delimiter, which nobody can guess: a value with line breaks sets nothing else. */
function assignment(name: string, value: string): string {
  const delimiter = `cordon-${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

export interface PullRequest {
  readonly number: number;
  /** The newest commit of its branch when the run began. */
  readonly head: string | undefined;
}

/** What the run is about; undefined for any other run, such as one of a merge queue. */
export function pullRequestOf(step: ActionStep): PullRequest | undefined {
  const found = own(step.event(), "pull_request");
  const number = own(found, "number");
  if (typeof number !== "number" || !Number.isInteger(number)) return undefined;
  const head = ownString(own(found, "head"), "sha");
  return { number, head: head !== undefined && /^[0-9a-f]{40,64}$/.test(head) ? head : undefined };
}

/** Runs a step: what fails is an annotation with what to do next, and the step's exit code. */
export async function runStep(run: (step: ActionStep) => Promise<void>): Promise<void> {
  const step = openStep(process.env);
  try {
    await run(step);
  } catch (error) {
    const next = error instanceof CordonError ? `\n${error.next}` : "";
    step.log(annotation("error", { title: "cordon" }, `${messageOf(error)}${next}`));
    process.exitCode = error instanceof CordonError ? error.exit : 2;
  }
}
