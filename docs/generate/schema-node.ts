/** What of JSON Schema the files of `schemas/` use, as far as a reader is told of it. */
export interface SchemaNode {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly "x-source"?: string;
  readonly "x-ecosystems"?: readonly string[];
  readonly "x-unit"?: string;
}

/** The node with what it refers to; its own words stand before those. */
export function resolve(node: SchemaNode, root: SchemaNode): SchemaNode {
  const name = node.$ref?.replace(/^#\/\$defs\//, "");
  return name === undefined ? node : { ...root.$defs?.[name], ...node };
}
