/** `docs/reference/COMMANDS.md`: the command line, from the commands' own definitions, as `--help` has them. */
import { type Command, Config } from "@oclif/core";
import { anchor, code, codes, fence, prose as plain, table, tableOfUsed } from "./markdown.ts";

type Flag = Command.Flag.Cached;

const ALL = new Intl.ListFormat("en-GB", { type: "conjunction" });
const ANY = new Intl.ListFormat("en-GB", { type: "disjunction" });

const HEAD = `# Commands

Generated from the commands' own definitions by \`npm run generate\`; do not edit. \`cordon COMMAND --help\` says the same in a terminal.

Exit codes:

- **0**: fine.
- **1**: findings: a failed test, an error of lint, a denied release, a bundle that is not verified. What counts as one stands with each command.
- **2**: usage, or the work could not be done; the message says what to do next.

Every command takes \`--json\`, which prints what it found as JSON and nothing else, also of a failure: \`{"error": {"message", "code", "next"}}\`.
Progress is shown on a terminal only. A purl is written like \`pkg:npm/%40acme/ui@1.2.3\`.

Tokens come from the environment and never from a flag: those for bundles are in [BUNDLES.md](../BUNDLES.md#where-bundles-are-published-and-found), those for forges in
[QUARANTINE.md](../QUARANTINE.md#the-forge), those for registries of one's own in [FILES.md](FILES.md#cordonyaml).
`;

/** Reads the definitions of all commands below `root`, the top of the project. */
export async function commandsReference(root: string): Promise<string> {
  // The sources count, and no manifest that a build has left.
  const { commands } = await Config.load({ root, ignoreManifest: true });
  const own = commands.filter(({ pluginName, hidden }) => pluginName === "cordon" && !hidden);
  own.sort((a, b) => (a.id < b.id ? -1 : 1));
  const overview = own.map((command) => {
    const name = nameOf(command);
    return [`[${code(name)}](#${anchor(name)})`, prose(command.summary ?? "")];
  });
  return [HEAD, `${table(["Command", "Does"], overview)}\n`, ...own.map(section)].join("\n");
}

/** A terminal's text, with flags as code. */
function prose(text: string): string {
  return plain(text.replace(/(?<![\w`-])--[a-z][a-z-]*/g, "`$&`"));
}

function nameOf({ id }: Command.Loadable): string {
  return `cordon ${id.replaceAll(":", " ")}`;
}

function section(command: Command.Loadable): string {
  const args = Object.values(command.args).map(({ name, description, required, default: fallback }) => [
    code(name.toUpperCase()),
    prose(splitDefault(description).text),
    required ? "yes" : "",
    shownValue(fallback) || splitDefault(description).fallback,
  ]);
  const flags = Object.values(command.flags).filter(({ name, hidden }) => name !== "json" && !hidden);
  const rows = flags.map((flag) => [code(spelling(flag)), say(flag), defaultOf(flag), flag.env ? code(flag.env) : ""]);
  return [
    `## ${nameOf(command)}`,
    prose(command.summary ?? ""),
    fence("text", usage(command)),
    prose(command.description ?? ""),
    ...(args.length > 0 ? [tableOfUsed(["Argument", "What", "Needed", "Default"], args)] : []),
    ...(rows.length > 0 ? [tableOfUsed(["Flag", "What", "Default", "Variable"], rows)] : []),
    `${fence("sh", examplesOf(command).join("\n"))}\n`,
  ].join("\n\n");
}

function usage(command: Command.Loadable): string {
  const args = Object.values(command.args).map(({ name, required }) => {
    const word = command.strict === false ? `${name.toUpperCase()}...` : name.toUpperCase();
    return required ? word : `[${word}]`;
  });
  const flags = Object.values(command.flags).flatMap((flag) => (flag.required ? [spelling(flag)] : []));
  return [nameOf(command), ...args, ...flags, "[FLAGS]"].join(" ");
}

function spelling({ name, char, type }: Flag): string {
  const short = char === undefined ? "" : `-${char}, `;
  return `${short}--${name}${type === "option" ? ` ${name.replaceAll("-", "_").toUpperCase()}` : ""}`;
}

function say(flag: Flag): string {
  const options = flag.type === "option" ? (flag.options ?? []) : [];
  const again = flag.type === "option" && flag.multiple;
  const bounds = (flag.relationships ?? [])
    .filter(({ flags }) => !flags.every((named) => flag.description?.includes(`--${nameIn(named)}`)))
    .flatMap((bound) => sayBound(bound));
  const parts = [
    prose(splitDefault(flag.description).text),
    options.length > 0 && `one of ${codes(options)}`,
    again && (flag.delimiter ? "several with commas, or several times" : "may be given several times"),
    flag.required && "needed",
    ...bounds,
  ];
  return parts.filter((part) => typeof part === "string" && part !== "").join("; ");
}

/** What the flag needs beside it, or does not suffer. */
function sayBound({ type, flags }: NonNullable<Flag["relationships"]>[number]): string[] {
  const names = flags.map((flag) => code(`--${nameIn(flag)}`));
  if (type === "none") return [`not with ${ANY.format(names)}`];
  return [`needs ${(type === "all" ? ALL : ANY).format(names)}`];
}

function nameIn(flag: string | { readonly name: string }): string {
  return typeof flag === "string" ? flag : flag.name;
}

/** oclif adds a fixed default to the help; one that is found out stands at the end of the description, in the same form. */
function splitDefault(description = ""): { text: string; fallback: string } {
  const [, text = "", fallback = ""] = /^(.*?)(?: \[default: (.*)\])?$/s.exec(description) ?? [];
  return { text, fallback: fallback.includes(" ") || fallback === "" ? prose(fallback) : code(fallback) };
}

function defaultOf(flag: Flag): string {
  return (flag.type === "option" && shownValue(flag.default)) || splitDefault(flag.description).fallback;
}

function shownValue(value: unknown): string {
  return value === undefined ? "" : code(String(value));
}

function examplesOf({ examples = [], id }: Command.Loadable): string[] {
  return examples
    .map((example) => (typeof example === "string" ? example : example.command))
    .map((text) =>
      text.replaceAll("<%= config.bin %>", "cordon").replaceAll("<%= command.id %>", id.replaceAll(":", " ")),
    );
}
