/** The types that CEL functions share. */

/** A CEL type as the engine writes it: `int`, `list<Script>`, `map<string, string>`. */
export type CelType = string;

export const TIMESTAMP: CelType = "google.protobuf.Timestamp";

export const DURATION: CelType = "google.protobuf.Duration";

export const INT64_MAX = 9_223_372_036_854_775_807n;

export type Handler = (...args: never[]) => unknown;

export type List = readonly unknown[];

/** The value of a map: a literal is a plain object. */
export type CelMap = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;
