/**
 * Lockfiles of pnpm and yarn, which are YAML of one shape: sections, below them entries, below those fields. They are read by
 * lines, because they have megabytes, of which some lines are wanted.
 */
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

/** The entries that begin at this depth of spaces, in all sections of this name; without one, at the top. */
export function* readBlocks(text: string, section?: string): Generator<Block> {
  const depth = section === undefined ? 0 : 2;
  const entry = new RegExp(`^ {${depth}}(?![ #])(?:\\? )?(.+?):?\\s*$`);
  const field = new RegExp(`^ {${depth + 2}}(?![ -])("[^"]*"|'[^']*'|[^\\s:"']+):?(?: +(.*?))?\\s*$`);
  let isInside = section === undefined;
  let block: (Block & { fields: Map<string, string>; lines: Map<string, number> }) | undefined;
  let line = 0;
  let last = "";
  for (const row of rowsOf(text)) {
    line++;
    if (row.trim() === "" || /^\s*#/.test(row)) continue;
    if (section !== undefined && /^\S/.test(row)) {
      if (block) yield block;
      block = undefined;
      isInside = row.trimEnd() === `${section}:`;
      continue;
    }
    if (!isInside) continue;
    const named = entry.exec(row);
    // `: ` alone begins the value of a key that was too long for one line.
    const isValue = named?.[1]?.startsWith(": ") === true;
    if (named && !isValue) {
      if (block) yield block;
      block = { key: unquote(named[1] ?? ""), line, fields: new Map(), lines: new Map() };
      continue;
    }
    if (!block) continue;
    const told = field.exec(isValue ? row.replace(": ", "  ") : row);
    if (told) last = unquote(told[1] ?? "");
    if (told) block.lines.set(last, line);
    if (told) block.fields.set(last, unquote(told[2] ?? ""));
    else if (last === SPREAD) block.fields.set(last, spread(block.fields.get(last), row));
  }
  if (block) yield block;
}

function spread(before = "", row: string): string {
  return before.length > MAX_SPREAD ? before : `${before} ${row.trim()}`.trim();
}

function* rowsOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    yield text.slice(from, end < 0 ? undefined : end).replace(/\r$/, "");
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
