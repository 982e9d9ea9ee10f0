/** `docs/reference/FACTS.md`: every fact that a rule may read, from `schemas/facts.schema.json`. */
import { documentsOf, FACT_DECLARATIONS } from "../../core/policy/facts.ts";
import facts from "../../schemas/facts.schema.json" with { type: "json" };
import { code, codes, prose, tableOfUsed } from "./markdown.ts";
import type { SchemaNode } from "./schema-node.ts";

const SCHEMA: SchemaNode = facts;

const HEAD = `# Facts

What the conditions of policies read. Generated from \`schemas/facts.schema.json\` by \`npm run generate\`; do not edit.

- **Always**: \`yes\` where the fact is there whenever what it belongs to is. All others may be absent: never null, empty or zero. Reading an
  absent one fails, and \`has()\` asks.
- **From**: the document that it is read from. \`identity\` is the name and version alone, and always at hand; \`listing\` the ecosystem's metadata
  document; \`time\` what tells when a release was published; \`manifest\` what the release says of itself; \`file\` its own file; \`attestations\`
  and \`keys\` what the registry has of them; \`public\` the public registry's answer on a private name. Where two stand, the second corrects the first
  when the file is asked for. A rule that reads a document that is not at hand is skipped, and the decision says so.
- **Only**: the ecosystems that give it, where it is not each of them.

How they are used in expressions: [CEL.md](../CEL.md). What to do about absence: [WRITING-POLICIES.md](../WRITING-POLICIES.md#facts).
`;

interface Declared {
  readonly type: string;
  readonly isAlways: boolean;
  readonly from: string;
  readonly only: readonly string[];
}

/** A record's fields, as CEL has them. */
const FIELDS = new Map((FACT_DECLARATIONS.records ?? []).map((record) => [record.name, record.fields]));
const ROOTS = new Map<string, string>(Object.entries(FACT_DECLARATIONS.variables));

export function factsReference(): string {
  const sections = Object.entries(SCHEMA.properties ?? {}).map(([root, node]) => section(root, node));
  return [HEAD, ...sections].join("\n");
}

function section(root: string, node: SchemaNode): string {
  const record = node.items ?? node;
  const fields = FIELDS.get(elementOf(ROOTS.get(root) ?? "")) ?? {};
  const rows = Object.entries(record.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(node.items ? `${root}[].${name}` : `${root}.${name}`, child, {
      type: fields[name] ?? "",
      isAlways: record.required?.includes(name) ?? false,
      from: (node["x-source"] ? [node["x-source"]] : documentsOf(`${root}.${name}`)).join(", "),
      only: child["x-ecosystems"] ?? [],
    }),
  );
  const head = ["Fact", "Type", "What it says", "Always", "From", "Only"];
  return `## ${root}\n\n${prose(node.description ?? "")}\n\n${tableOfUsed(head, rows)}\n`;
}

/** The fact, and those within it. */
function rowsOf(path: string, node: SchemaNode, { type, isAlways, from, only }: Declared): string[][] {
  const row = [code(path), typeOf(type, node), say(node), isAlways ? "yes" : "", from, only.join(", ")];
  const record = node.items ?? node;
  const below = Object.entries(record.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(`${path}${node.items ? "[]" : ""}.${name}`, child, {
      type: FIELDS.get(elementOf(type))?.[name] ?? "",
      isAlways: record.required?.includes(name) ?? false,
      from,
      only,
    }),
  );
  return [row, ...below];
}

function elementOf(type: string): string {
  return type.replace(/^list<(.*)>$/, "$1");
}

function typeOf(type: string, { "x-unit": unit, minimum, maximum }: SchemaNode): string {
  const named = type
    .replace("google.protobuf.Timestamp", "timestamp")
    .replace(/^list<(.*)>$/, "list of $1")
    .replace(/^map<string, (.*)>$/, "map of $1");
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum} to ${maximum}` : "";
  return `${named}${unit === undefined ? "" : `, ${unit}`}${range}`;
}

function say({ description = "", enum: values }: SchemaNode): string {
  return `${prose(description)}${values ? ` One of ${codes(values)}.` : ""}`;
}
