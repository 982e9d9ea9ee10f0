/** JSON from strangers, and JSON whose bytes must not depend on who wrote it. */

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own property. A name such as `constructor` or `__proto__` never reaches the prototype. */
export function own(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function ownString(object: unknown, key: string): string | undefined {
  const value = own(object, key);
  return typeof value === "string" ? value : undefined;
}

/** Of what is parsed at once. Parsing makes up to 90 bytes of a value that has two in the text. */
export const MAX_VALUES = 8_000_000;

/**
 * How many values a text may hold: parsing costs by them, not by the length. Looks at each byte and reads nothing, so
 * what stands inside texts counts as well.
 */
export function countValues(json: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) count += 1;
  }
  return count;
}

const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

/** Keys sorted, no white space: the same value gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
