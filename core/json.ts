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

/** Parsing makes up to 90 bytes of what has two in the text; so many values are some hundreds of megabytes at most. */
const MAX_VALUES = 8_000_000;

/**
 * Whether a text may hold so many values that parsing it takes far more memory than its length tells. Looks at each byte
 * and reads nothing, so what stands inside texts counts as well.
 */
export function hasTooManyValues(json: Uint8Array): boolean {
  // Each value has a byte of its own, and one that divides it from the next or closes it.
  if (json.length <= 2 * MAX_VALUES) return false;
  let count = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) count += 1;
  }
  return count > MAX_VALUES;
}

const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

/** Keys sorted, no white space: the same value gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
