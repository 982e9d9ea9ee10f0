import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CEL_LIMITS, CelEnvironment, celSignatures, TIMESTAMP } from "../../core/policy/cel.ts";
import { RELEASE_METHODS } from "../../core/policy/cel-functions.ts";
import { documentsOf, FACT_DECLARATIONS } from "../../core/policy/facts.ts";
import schema from "../../schemas/facts.schema.json" with { type: "json" };

interface Node {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly enum?: readonly string[];
  readonly "x-source"?: string;
}

const FILE = new URL("../../docs/CEL.md", import.meta.url);
const DOCS = readFileSync(FILE, "utf8");
const [ABOVE = "", FACTS = "", BELOW = ""] = DOCS.split(/<!-- \/?facts.*-->\n/);

class Lists {}
class Params {}
const environment = new CelEnvironment({
  records: [
    ...(FACT_DECLARATIONS.records ?? []),
    {
      name: "Lists",
      fields: { allowed: "map<string, string>", denied: "map<string, string>", popular: "map<string, string>" },
      ctor: Lists,
    },
    { name: "Params", fields: { minAge: "string", maxScore: "double", owners: "map<string, bool>" }, ctor: Params },
  ],
  variables: { ...FACT_DECLARATIONS.variables, lists: "Lists", params: "Params", now: TIMESTAMP },
});

/** The rows of all tables whose last column is an example. */
const ROWS = [...ABOVE.matchAll(/^\|(.*)\|$/gm)]
  .map(([, row = ""]) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
  .filter(([first = "", , last = ""]) => !/^-+$/.test(first) && last !== "Example");

describe("docs/CEL.md", () => {
  it("has tables", () => assert.ok(ROWS.length > 60));

  for (const [what = "", , example = ""] of ROWS) {
    const [, source] = /^`(.*)`$/.exec(example) ?? [];
    if (example === "" && what === "`variables`") continue;
    it(`has an example for ${what} that compiles`, () => {
      assert.ok(source, `no example: ${example}`);
      environment.compile(source, "bool");
    });
  }

  it("names every function that policies may call, and no other", () => {
    const named = ROWS.flatMap(([first = ""]) => [...first.matchAll(/(\w+)\(/g)].map(([, name = ""]) => name));
    const signatures = [...celSignatures(), ...Object.keys(RELEASE_METHODS)];
    const callable = signatures.map((signature) => /(\w+)\(/.exec(signature)?.[1] ?? "");
    assert.deepEqual([...new Set(named)].sort(), [...new Set(callable)].sort());
    for (const namespace of ["sets", "math", "strings"])
      for (const signature of signatures.filter((text) => text.startsWith(`${namespace}.`)))
        assert.ok(ABOVE.includes(`\`${signature.slice(0, signature.indexOf("("))}(`), signature);
  });

  it("lists every fact with the type and the words of the schema", () => {
    const expected = factTables();
    if (process.env["CORDON_UPDATE_DOCS"] === "1")
      writeFileSync(
        FILE,
        DOCS.replace(FACTS, () => expected),
      );
    assert.equal(FACTS, expected, `what must stand there:\n\n${expected}`);
  });

  it("states the limits that hold", () => {
    for (const limit of [CEL_LIMITS.length, CEL_LIMITS.nodes, CEL_LIMITS.text, CEL_LIMITS.elements, CEL_LIMITS.cost])
      assert.ok(BELOW.includes(limit.toLocaleString("en-US")), String(limit));
    assert.match(BELOW, new RegExp(`; ${CEL_LIMITS.depth} \\|`));
  });
});

function factTables(): string {
  const types = new Map<string, string>(Object.entries(FACT_DECLARATIONS.variables));
  const fields = new Map((FACT_DECLARATIONS.records ?? []).map((record) => [record.name, record.fields]));
  const say = (type = "") =>
    type
      .replace("google.protobuf.Timestamp", "timestamp")
      .replace(/^list<(.*)>$/, "list of $1")
      .replace(/^map<string, (.*)>$/, "map of $1");
  const tables = Object.entries(schema.properties as Record<string, Node>).map(([root, node]) => {
    const rows: string[] = [];
    const add = (
      path: string,
      type: string,
      { description = "", enum: values, items, properties }: Node,
      from: string,
    ): void => {
      const choices = values ? ` One of ${values.map((value) => `\`${value}\``).join(", ")}.` : "";
      rows.push(`| \`${path}\` | ${say(type)} | ${`${description}${choices}`.replaceAll("|", "\\|")} | ${from} |`);
      const below = properties ?? items?.properties;
      const record = fields.get(type.replace(/^list<(.*)>$/, "$1"));
      for (const [name, child] of Object.entries(below ?? {}))
        add(`${path}${items ? "[]" : ""}.${name}`, record?.[name] ?? "", child, from);
    };
    const record = node.properties ?? node.items?.properties ?? {};
    const type = types.get(root) ?? "";
    for (const [name, child] of Object.entries(record)) {
      const path = node.items ? `${root}[].${name}` : `${root}.${name}`;
      add(
        path,
        fields.get(type.replace(/^list<(.*)>$/, "$1"))?.[name] ?? "",
        child,
        (node["x-source"] ? [node["x-source"]] : documentsOf(`${root}.${name}`)).join(", "),
      );
    }
    const head = `### ${root}\n\n${node.description}\n\n| Fact | Type | What it says | From |\n|---|---|---|---|\n`;
    return `${head}${rows.join("\n")}\n`;
  });
  return `\n${tables.join("\n")}\n`;
}
