/** `docs/reference/FILES.md`: what each file may contain, from `schemas/`, with an example that the tests read. */
import { readFileSync } from "node:fs";
import { code, fence, prose, tableOfUsed } from "./markdown.ts";
import { resolve, type SchemaNode } from "./schema-node.ts";

interface File {
  readonly heading: string;
  readonly schema: string;
  /** Where it stands, and what is not in the schema. */
  readonly where: string;
  /** Below `docs/reference/example/`. */
  readonly example: string;
}

const FILES: readonly File[] = [
  {
    heading: "cordon.yaml",
    schema: "cordon",
    where:
      "At the top of a policy repository; the commands that build, check and approve read it. A proxy reads a file of the same form that is its operator's own ([below](#the-proxys-file)).",
    example: "cordon.yaml",
  },
  {
    heading: "PackagePolicy",
    schema: "policy",
    where: "They are `policies/*.yaml`. How to write one: [WRITING-POLICIES.md](../WRITING-POLICIES.md).",
    example: "policies/release-age.yaml",
  },
  {
    heading: "PolicyTest",
    schema: "policy-test",
    where:
      "They are `tests/*.yaml`, run by [`cordon policy test`](COMMANDS.md#cordon-policy-test). Facts are those of [FACTS.md](FACTS.md).",
    example: "tests/release-age.yaml",
  },
  { heading: "PackageList", schema: "package-list", where: "They are `lists/*.yaml`.", example: "lists/trusted.yaml" },
  {
    heading: "Approval",
    schema: "approval",
    where:
      "They are `approvals/ECOSYSTEM/*.yaml`, one release a file. How it comes about: [QUARANTINE.md](../QUARANTINE.md).",
    example: "approvals/npm/fresh@1.1.0.yaml",
  },
  {
    heading: "Trust policy",
    schema: "trust-policy",
    where:
      "The file that `--trust` names, where it is not a public key itself. What the fields mean for safety: [BUNDLES.md](../BUNDLES.md#who-is-trusted).",
    example: "trust.yaml",
  },
  {
    heading: "Decision",
    schema: "decision",
    where:
      "What `cordon check --json` prints, a list of them in `decisions`. A line of the proxy's log is one, with [more fields](../HTTP.md#the-decision-log).",
    example: "decision.json",
  },
];

const HEAD = `# Files

What each file may contain. Generated from \`schemas/*.schema.json\` by \`npm run generate\`; do not edit. An unknown key is an error of \`cordon policy lint\`
and keeps a proxy from starting.

**Needed** says that the key must be there where what it belongs to is. A duration is written as in CEL (\`72h\`, \`30m\`), an instant as in RFC 3339
(\`2026-11-22T12:00:00Z\`). Lengths and patterns stand in the schemas, which editors can read.
`;

const PROXY_FILE = `## The proxy's file

What \`cordon proxy --config\` reads. It is the operator's, and no bundle changes it. It has the form of [cordon.yaml](#cordonyaml); what counts in it is \`publicUrl\`,
\`repository\`, \`forge\`, \`upstreams\` and \`proxy\`, and a flag stands before the key of its name. What the keys do: [HTTP.md](../HTTP.md).
`;

/** Texts of `schemas/` and of the examples, by path from the top of the project. */
export function filesReference(read: (path: string) => string): string {
  const sections = FILES.flatMap((file) => [
    section(file, read),
    ...(file.schema === "cordon" ? [`${PROXY_FILE}\n${exampleOf("proxy.yaml", read)}`] : []),
  ]);
  return [HEAD, ...sections].join("\n");
}

function section({ heading, schema, where, example }: File, read: (path: string) => string): string {
  const root: SchemaNode = JSON.parse(read(`schemas/${schema}.schema.json`));
  const rows = rowsOf("", root, root);
  const head = ["Key", "Type", "What", "Needed", "Default"];
  return `## ${heading}\n\n${prose(root.description ?? "")}\n${where}\n\n${exampleOf(example, read)}\n${tableOfUsed(head, rows)}\n\nSchema: [${schema}.schema.json](../../schemas/${schema}.schema.json).\n`;
}

function exampleOf(path: string, read: (path: string) => string): string {
  return `${fence(path.endsWith(".json") ? "json" : "yaml", read(`docs/reference/example/${path}`))}\n`;
}

/** A row for each key, and below it those within it. */
function rowsOf(above: string, given: SchemaNode, root: SchemaNode): string[][] {
  const node = resolve(given, root);
  return Object.entries(node.properties ?? {}).flatMap(([name, bare]) => {
    const child = resolve(bare, root);
    const path = above === "" ? name : `${above}.${name}`;
    const row = [
      code(path),
      typeOf(child, root),
      prose(child.description ?? ""),
      node.required?.includes(name) ? "yes" : "",
      child.default === undefined ? "" : code(String(child.default)),
    ];
    const below = [...rowsOf(path, child, root), ...rowsOf(`${path}[]`, child.items ?? {}, root)];
    // Of what only holds other keys together, these say it all.
    return child.properties && child.description === undefined ? below : [row, ...below];
  });
}

function typeOf(given: SchemaNode, root: SchemaNode): string {
  const node = resolve(given, root);
  if (node.const !== undefined) return code(String(node.const));
  if (node.enum) return node.enum.map(code).join(" or ");
  if (node.oneOf) return [...new Set(node.oneOf.map((one) => typeOf(one, root)))].join(", or ");
  if (node.items) return `list of ${typeOf(node.items, root)}`;
  if (typeof node.additionalProperties === "object") return `map of ${typeOf(node.additionalProperties, root)}`;
  const types = [node.type ?? "object"].flat();
  const named = types.filter((type) => type !== "null").map((type) => nameOf(type, node));
  const unit = node["x-unit"] === undefined ? "" : `, ${node["x-unit"]}`;
  return `${named.join(" or ")}${unit}${boundsOf(node)}${types.includes("null") ? ", or null" : ""}`;
}

function nameOf(type: string, { format, properties }: SchemaNode): string {
  if (type === "object") return properties ? "keys" : "map";
  if (type === "string") return format === "date-time" ? "instant" : format === "uri" ? "URL" : "text";
  return type === "boolean" ? "true or false" : type === "array" ? "list" : type === "integer" ? "whole number" : type;
}

/** Bounds that are there only to keep numbers exact are not worth a word. */
function boundsOf({ minimum, maximum }: SchemaNode): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` from ${minimum}` : ` ${minimum} to ${maximum}`;
}

/** From the top of the project. */
export function readFrom(root: URL): (path: string) => string {
  return (path) => readFileSync(new URL(path, root), "utf8");
}
