/**
 * An order of versions that asks the ecosystem's own order little. A package can have hundreds of records that name
 * hundreds of versions, and be asked for hundreds of releases: to read two versions at each comparison takes seconds.
 */
import type { VersionOrder } from "../versions/order.ts";
import { type CompiledAdvisory, isStart } from "./osv.ts";

/** What evaluating advisories needs of an order. */
export type AdvisoryOrder = Pick<VersionOrder, "canonical" | "compare">;

/** Versions that are remembered: more than a listing has. Above, all are forgotten. */
const MAX_REMEMBERED = 10_000;

/** Answers as `order` does. The versions that bound the advisories' ranges are sorted once, and others placed among them. */
export class RankedOrder implements AdvisoryOrder {
  readonly #order: VersionOrder;
  readonly #advisories: readonly CompiledAdvisory[];
  #bounds: ReadonlySet<string> | undefined;
  #sorted: readonly string[] | undefined;
  readonly #ranks = new Map<string, number>();
  readonly #canonical = new Map<string, string | undefined>();

  constructor(order: VersionOrder, advisories: readonly CompiledAdvisory[]) {
    this.#order = order;
    this.#advisories = advisories;
  }

  canonical(version: string): string | undefined {
    const known = this.#canonical.get(version);
    if (known !== undefined || this.#canonical.has(version)) return known;
    return remember(this.#canonical, version, this.#order.canonical(version));
  }

  /** Ranks tell two versions apart only where one of them is a bound. */
  compare(a: string, b: string): number {
    this.#bounds ??= boundsOf(this.#advisories);
    if (!this.#bounds.has(a) && !this.#bounds.has(b)) return this.#order.compare(a, b);
    return this.#rankOf(a) - this.#rankOf(b);
  }

  /** Odd for what equals a bound, even for what lies between two. */
  #rankOf(version: string): number {
    const known = this.#ranks.get(version);
    if (known !== undefined) return known;
    this.#sorted ??= this.#sort(this.#bounds ?? []);
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#order.compare(version, this.#sorted[middle] ?? version);
      if (order === 0) return remember(this.#ranks, version, 2 * middle + 1);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return remember(this.#ranks, version, 2 * low);
  }

  /** One of each: `1.0` and `1.0.0` are one bound. */
  #sort(bounds: Iterable<string>): string[] {
    const sorted = [...bounds].sort((a, b) => this.#order.compare(a, b));
    return sorted.filter((bound, index) => {
      const before = sorted[index - 1];
      return before === undefined || this.#order.compare(bound, before) !== 0;
    });
  }
}

function boundsOf(advisories: readonly CompiledAdvisory[]): Set<string> {
  const points = advisories.flatMap(({ ranges }) => ranges.flat());
  return new Set(points.flatMap((point) => (isStart(point) ? [] : [point[1]])));
}

function remember<T>(known: Map<string, T>, version: string, value: T): T {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(version, value);
  return value;
}
