/** What was used lately, in memory, as far as it weighs no more than is allowed. */
export interface MemoryCache<Key, Value> {
  /** Marks it as used. */
  get(key: Key): Value | undefined;
  /** What came last stays, however much it weighs. */
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  /** All of it together. */
  weight(): number;
}

export function createMemoryCache<Key, Value>(
  maxWeight: number,
  weigh: (value: Value) => number,
): MemoryCache<Key, Value> {
  /** In the order of use; the first is the one to drop. */
  const entries = new Map<Key, { readonly value: Value; readonly weight: number }>();
  let total = 0;
  const drop = (key: Key): void => {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };
  return {
    weight: () => total,
    delete: drop,
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value) {
      drop(key);
      const weight = weigh(value);
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= maxWeight || oldest === key) break;
        drop(oldest);
      }
    },
  };
}
