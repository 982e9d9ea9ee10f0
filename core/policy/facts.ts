/**
 * Facts as CEL sees them. The records, their fields and their types are read from `schemas/facts.schema.json`, the
 * same file that the TypeScript types come from, so a rule and an adapter cannot mean different things.
 */
import schema from "../../schemas/facts.schema.json" with { type: "json" };
import type { Facts } from "../../schemas/types/facts.ts";
import { type SchemaCheck, schemaCheck } from "../schema.ts";
import { parseInstant } from "../time.ts";
import { type CelDeclarations, type CelRecord, type CelType, TIMESTAMP } from "./cel.ts";
import { RELEASE_METHODS } from "./cel-functions.ts";

/**
 * Documents on one release besides the listing; each is fetched only where a rule reads it, `time` and `manifest` only
 * where the listing does not tell what stands in them, and `digest`, the digest of a file of which the listing names none,
 * only where an approval waits for it.
 */
const DEEP_SOURCES = ["time", "manifest", "file", "digest", "attestations", "keys", "public"] as const;
export type DeepSource = (typeof DEEP_SOURCES)[number];

/** The document that a fact comes from; a rule is judged only where all its documents are at hand. */
export type FactSource = "identity" | "listing" | DeepSource;

/** Where nothing is left to be fetched: a fact that is absent then, nobody gives. */
export const EVERY_SOURCE: ReadonlySet<FactSource> = new Set(["identity", "listing", ...DEEP_SOURCES]);

export function isDeep(source: FactSource): source is DeepSource {
  return (DEEP_SOURCES as readonly string[]).includes(source);
}

interface FieldSchema {
  readonly title?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: boolean | FieldSchema;
  readonly "x-source"?: FactSource;
  readonly "x-refined-by"?: DeepSource;
}

type Convert = (value: never) => unknown;
type RecordConstructor = new (raw: Readonly<Record<string, unknown>>) => object;

const records: CelRecord[] = [];
const roots = new Map<string, { type: CelType; convert: Convert }>();
const sources = new Map<string, FactSource>();
const refinements = new Map<string, DeepSource>();

for (const [root, field] of Object.entries(schema.properties as Record<string, FieldSchema>)) {
  roots.set(root, declare(field));
  if (field["x-source"]) sources.set(root, field["x-source"]);
  for (const [name, { "x-source": source, "x-refined-by": refinement }] of Object.entries(field.properties ?? {})) {
    if (source) sources.set(`${root}.${name}`, source);
    if (refinement) refinements.set(`${root}.${name}`, refinement);
  }
}

/** The records and variables of the facts, for a CelEnvironment. */
export const FACT_DECLARATIONS: CelDeclarations = {
  records,
  variables: Object.fromEntries([...roots].map(([root, { type }]) => [root, type])),
};

/** The names of the variables that hold facts. */
export const FACT_ROOTS: readonly string[] = [...roots.keys()];

/** Every field name of every record: what a misspelt one is compared with. */
export const FACT_FIELDS: readonly string[] = [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))];

export const checkFacts: SchemaCheck<Facts> = schemaCheck<Facts>(schema);

/** The document that `root.field` (or the whole of `root`) comes from; undefined for what is no fact. */
export function factSource(read: string): FactSource | undefined {
  const root = read.split(".", 1)[0] ?? "";
  const own = sources.get(read) ?? sources.get(root);
  if (own) return own;
  // A record used whole (`release == …`) may reach any of its fields.
  return roots.has(root) ? "listing" : undefined;
}

/**
 * All documents that what is read may come from, those that correct it included: of a record used whole, those of each of
 * its fields. None for what is no fact.
 */
export function documentsOf(read: string): FactSource[] {
  const isWhole = roots.has(read) && !sources.has(read);
  const of = <T>(map: ReadonlyMap<string, T>): T[] =>
    [...map].filter(([fact]) => fact === read || (isWhole && fact.startsWith(`${read}.`))).map(([, source]) => source);
  return [...new Set([...of(sources), ...of(refinements)])];
}

/** Facts as values of a CEL context. Fields are converted when they are first read. */
export function toCelFacts(facts: Facts): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const [root, { convert }] of roots) context[root] = convert(facts[root as keyof Facts] as never);
  return context;
}

function declare(field: FieldSchema): { type: CelType; convert: Convert } {
  if (field.enum || (field.type === "string" && field.format === undefined)) return { type: "string", convert: same };
  switch (field.type) {
    case "string":
      return { type: TIMESTAMP, convert: (text: string) => parseInstant(text) };
    case "boolean":
      return { type: "bool", convert: same };
    case "number":
      return { type: "double", convert: same };
    case "integer":
      return { type: "int", convert: (value: number) => BigInt(value) };
    case "array": {
      const item = declare(field.items ?? {});
      return { type: `list<${item.type}>`, convert: (list: never[]) => list.map((value) => item.convert(value)) };
    }
    case "object":
      return field.properties ? declareRecord(field, field.properties) : declareMap(field);
    default:
      throw new Error(`facts.schema.json: no CEL type for ${JSON.stringify(field).slice(0, 80)}`);
  }
}

function declareMap({ additionalProperties }: FieldSchema): { type: CelType; convert: Convert } {
  const value = declare(typeof additionalProperties === "object" ? additionalProperties : {});
  return {
    type: `map<string, ${value.type}>`,
    convert: (map: Record<string, never>) =>
      new Map(Object.entries(map).map(([key, item]) => [key, value.convert(item)])),
  };
}

function declareRecord(
  field: FieldSchema,
  properties: Readonly<Record<string, FieldSchema>>,
): { type: CelType; convert: Convert } {
  const name = field.title ?? "";
  const declared = Object.entries(properties).map(([key, property]) => [key, declare(property)] as const);
  const ctor = recordClass(
    name,
    declared.map(([key, { convert }]) => [key, convert]),
  );
  records.push({
    name,
    fields: Object.fromEntries(declared.map(([key, { type }]) => [key, type])),
    ctor,
    methods: name === "Release" ? RELEASE_METHODS : {},
  });
  return { type: name, convert: (raw: Readonly<Record<string, unknown>>) => new ctor(raw) };
}

/** A class whose getters convert a raw field when it is first read, and keep the result. */
function recordClass(name: string, fields: readonly (readonly [string, Convert])[]): RecordConstructor {
  class FactRecord {
    readonly #raw: Readonly<Record<string, unknown>>;
    /** What was converted; most fields of most records are never read. */
    #converted: unknown[] | undefined;

    constructor(raw: Readonly<Record<string, unknown>>) {
      this.#raw = raw;
    }

    static read(record: FactRecord, key: string): unknown {
      return Object.hasOwn(record.#raw, key) ? record.#raw[key] : undefined;
    }

    static convert(record: FactRecord, index: number, key: string, convert: Convert): unknown {
      const known = record.#converted?.[index];
      if (known !== undefined) return known;
      const value = FactRecord.read(record, key);
      if (value === undefined) return undefined;
      record.#converted ??= [];
      record.#converted[index] = convert(value as never);
      return record.#converted[index];
    }
  }
  for (const [index, [key, convert]] of fields.entries()) {
    Object.defineProperty(FactRecord.prototype, key, {
      get:
        convert === same
          ? function (this: FactRecord) {
              return FactRecord.read(this, key);
            }
          : function (this: FactRecord) {
              return FactRecord.convert(this, index, key, convert);
            },
    });
  }
  // What `policy explain` calls a value of it.
  Object.defineProperty(FactRecord, "name", { value: name });
  return FactRecord;
}

function same<T>(value: T): T {
  return value;
}
