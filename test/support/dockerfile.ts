/** A Dockerfile as far as ours goes: stages of instructions, in shell or in exec form. */

export interface Instruction {
  readonly name: string;
  /** Its words, or of the exec form the list. */
  readonly text: string;
}

/** Stages in order, each beginning with its FROM. Comments and continuations are resolved. */
export function parseDockerfile(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  const lines = text
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n");
  for (const line of lines.filter((one) => one.trim() !== "")) {
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, text: rest.replace(/\s+/g, " ").trim() });
  }
  return stages;
}

/** What stands after an instruction's name; of several the last, as Docker has it. */
export function lastOf(stage: readonly Instruction[], name: string): string {
  return stage.findLast((one) => one.name === name)?.text ?? "";
}

/** The list of an exec form: `["node", "--version"]`. */
export function execForm(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf("[")));
}
