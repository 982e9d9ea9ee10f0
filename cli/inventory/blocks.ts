/**
 * Lockfiles of pnpm and yarn, which are YAML of one shape: sections, below them entries, below those fields. They are read by
 * lines, because they have megabytes, of which some lines are wanted. What has another shape is told, and not passed over.
 */
import { unreadable } from "./places.ts";
import type { InventoryFile } from "./reader.ts";

export interface Block {
  /** Without quotes. */
  readonly key: string;
  readonly line: number;
  /** Of one line each, without quotes; what is nested deeper is left out, but for `resolution`, which is put into one line. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of the fields. */
  readonly lines: ReadonlyMap<string, number>;
}

/** What formatters of YAML spread over lines, and where a package comes from. */
const SPREAD = "resolution";
const MAX_SPREAD = 10_000;

const ENTRY = /^(?:\? )?(.+?):?$/;
const FIELD = /^(?!-)("[^"]*"|'[^']*'|[^\s:"']+):?(?: +(.*))?$/;
/** What stands at the top of a pnpm-lock.yaml: keys without quotes, and the marks between documents. */
const TOP = /^(?:(\w+):(?:\s+(.*))?|---.*|\.\.\.|%.*|[}\]])$/;
const NEXT = "Write the file anew with the tool that made it.";

/**
 * The entries of all sections of this name; without one, those at the top. How deep they and their fields stand, the first ones
 * tell. Throws FILE_UNREADABLE where they stand in another way.
 */
export function* readBlocks({ path, text }: Pick<InventoryFile, "path" | "text">, section?: string): Generator<Block> {
  let depth = section === undefined ? 0 : undefined;
  let opened: number | undefined = section === undefined ? 0 : undefined;
  let block: OpenBlock | undefined;
  for (const { row, line } of rowsOf(text)) {
    const indent = row.search(/[^ ]/);
    if (section !== undefined && indent === 0) {
      if (block) yield block.close(path);
      else if (opened !== undefined) throw withoutEntries(path, opened, section);
      block = undefined;
      depth = undefined;
      opened = begins(path, row, line, section) ? line : undefined;
      continue;
    }
    if (opened === undefined) continue;
    depth ??= indent;
    if (indent < depth) throw unreadable(path, line, 1, "it is indented less than the entries before it", NEXT);
    const isEntry = indent === depth;
    // `:` alone begins the value of a key that was too long for one line.
    if (isEntry && !/^:(\s|$)/.test(row.slice(indent))) {
      if (block) yield block.close(path);
      block = new OpenBlock(unquote(ENTRY.exec(row.slice(indent))?.[1] ?? ""), line);
    } else block?.add(isEntry ? row.replace(":", " ") : row, line);
  }
  if (block) yield block.close(path);
  else if (section !== undefined && opened !== undefined) throw withoutEntries(path, opened, section);
}

/** Whether this row at the top is the one of the section. */
function begins(path: string, row: string, line: number, section: string): boolean {
  const found = TOP.exec(row);
  if (!found) throw unreadable(path, line, 1, "it is no key at the top of such a file", NEXT);
  const [, key, written = ""] = found;
  const value = written.replace(/(^|\s)#.*$/, "").trim();
  if (key !== section || /^(\{\s*\}|null|~)$/.test(value)) return false;
  if (value !== "") throw unreadable(path, line, 1, `its \`${section}\` are not in lines of their own`, NEXT);
  return true;
}

function withoutEntries(path: string, line: number, section: string) {
  return unreadable(
    path,
    line,
    1,
    `its \`${section}\` have no entries that can be read, or it ends in the middle`,
    NEXT,
  );
}

class OpenBlock implements Block {
  readonly key: string;
  readonly line: number;
  readonly fields = new Map<string, string>();
  readonly lines = new Map<string, number>();
  readonly #written = new Map<string, string>();
  #depth: number | undefined;
  #last = "";

  constructor(key: string, line: number) {
    this.key = key;
    this.line = line;
  }

  add(row: string, line: number): void {
    const indent = row.search(/[^ ]/);
    if (indent < 0) return;
    this.#depth ??= indent;
    const told = indent === this.#depth ? FIELD.exec(row.slice(indent)) : undefined;
    if (told) {
      this.#last = unquote(told[1] ?? "");
      this.#written.set(this.#last, told[2] ?? "");
      this.lines.set(this.#last, line);
    } else if (this.#last === SPREAD) this.#written.set(SPREAD, spread(this.#written.get(SPREAD), row));
  }

  /** Throws where one of the fields that tell what an entry is ends in the middle, as in a file that is cut. */
  close(path: string): Block {
    for (const [name, written] of this.#written) {
      if (WANTED.has(name) && isOpen(written))
        throw unreadable(path, this.lines.get(name) ?? this.line, 1, `\`${name}\` ends in the middle`, NEXT);
      this.fields.set(name, unquote(written));
    }
    return this;
  }
}

const WANTED: ReadonlySet<string> = new Set([SPREAD, "resolved", "version"]);

function isOpen(written: string): boolean {
  return /^"[^"]*$|^'[^']*$/.test(written) || (written.startsWith("{") && !/\}\s*(#.*)?$/.test(written));
}

function spread(before = "", row: string): string {
  return before.length > MAX_SPREAD ? before : `${before} ${row.trim()}`.trim();
}

/** Without blank ones, comments, and what is blank at their ends. */
function* rowsOf(text: string): Generator<{ readonly row: string; readonly line: number }> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const row = text.slice(from, end < 0 ? undefined : end).trimEnd();
    line++;
    if (!/^\s*(#|$)/.test(row)) yield { row, line };
    if (end < 0) return;
    from = end + 1;
  }
}

function unquote(text: string): string {
  if (/^".*"$/.test(text)) {
    try {
      return JSON.parse(text) as string;
    } catch {
      return text.slice(1, -1);
    }
  }
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}
