/** What the parts of a pnpm-lock.yaml refer to: its importers, and its snapshots or, before version 9, its packages. */

const ROW = /^( *)(?:"([^"]+)"|'([^']+)'|([^\s'"#-][^\s'"]*)):(?: +(.*))?$/;
const GROUPS: ReadonlySet<string> = new Set(["dependencies", "devDependencies", "optionalDependencies"]);

export interface Reference {
  readonly name: string;
  /** A version, with its peers, or the key of an entry. */
  readonly target: string;
  readonly line: number;
}

/** `NAME: TARGET` below `dependencies` and the like, or `version: TARGET` below NAME there. */
export function* readReferences(text: string): Generator<Reference> {
  const above: { readonly indent: number; readonly key: string }[] = [];
  for (const [index, row] of text.split("\n").entries()) {
    const [, spaces, double, single, plain, written = ""] = ROW.exec(row.trimEnd()) ?? [];
    if (spaces === undefined) continue;
    const key = double ?? single ?? plain ?? "";
    while ((above.at(-1)?.indent ?? -1) >= spaces.length) above.pop();
    const [group, name] = [above.at(-2)?.key ?? "", above.at(-1)?.key ?? ""];
    const target = written.replace(/^(["'])(.*)\1$/, "$2");
    if (target !== "" && GROUPS.has(name)) yield { name: key, target, line: index + 1 };
    else if (target !== "" && key === "version" && GROUPS.has(group)) yield { name, target, line: index + 1 };
    above.push({ indent: spaces.length, key });
  }
}
