/** Decisions counted by what they have in common. */
import { formatInstant } from "../../core/time.ts";
import { advisoriesOf, type Entry, ecosystemOf, packageOf } from "./entry.ts";

/** What decisions may be grouped by; of an advisory a decision may have several. Null where there is none. */
const READ = {
  decision: ({ decision }) => [decision],
  policy: ({ policy }) => [policy],
  package: ({ purl }) => [packageOf(purl)],
  release: ({ purl }) => [purl],
  client: ({ address }) => [address],
  agent: ({ agent }) => [agent],
  ecosystem: ({ purl }) => [ecosystemOf(purl)],
  day: ({ time }) => [new Date(time).toISOString().slice(0, 10)],
  hour: ({ time }) => [`${new Date(time).toISOString().slice(0, 13)}:00Z`],
  advisory: (entry) => {
    const ids = [...new Set(advisoriesOf(entry))];
    return ids.length > 0 ? ids : [null];
  },
} as const satisfies Record<string, (entry: Entry) => readonly (string | null)[]>;

export type GroupField = keyof typeof READ;
export const GROUP_FIELDS = Object.keys(READ) as readonly GroupField[];

export interface Group {
  /** One for each field, in their order. */
  readonly values: readonly (string | null)[];
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

/** Clients choose their agents' names: more are counted, but not one by one. */
const MAX_GROUPS = 100_000;
const MAX_VALUE = 512;
const MAX_COMBINATIONS = 1000;

export class Groups {
  readonly #fields: readonly GroupField[];
  /** By their values as JSON: a part of a long text would keep all of it in memory. */
  readonly #counts = new Map<string, { count: number; first: number; last: number }>();
  /** How many were in none of the groups, for there were too many. */
  ungrouped = 0;

  constructor(fields: readonly GroupField[]) {
    this.#fields = fields;
  }

  add(entry: Entry): void {
    for (const values of combine(this.#fields.map((field) => READ[field](entry)))) {
      const key = JSON.stringify(values);
      const known = this.#counts.get(key);
      if (known) {
        known.count += 1;
        known.first = Math.min(known.first, entry.time);
        known.last = Math.max(known.last, entry.time);
      } else if (this.#counts.size < MAX_GROUPS)
        this.#counts.set(key, { count: 1, first: entry.time, last: entry.time });
      else this.ungrouped += 1;
    }
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The largest first. */
  top(count = Number.POSITIVE_INFINITY): Group[] {
    return [...this.#counts]
      .sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1))
      .slice(0, count)
      .map(([key, { count, first, last }]) => ({ values: JSON.parse(key), count, first: iso(first), last: iso(last) }));
  }
}

/** One of each, in every way. */
function combine(parts: readonly (readonly (string | null)[])[]): (string | null)[][] {
  let all: (string | null)[][] = [[]];
  for (const part of parts)
    all = all
      .flatMap((values) => part.map((value) => [...values, value === null ? null : value.slice(0, MAX_VALUE)]))
      .slice(0, MAX_COMBINATIONS);
  return all;
}

function iso(time: number): string {
  return formatInstant(new Date(time));
}
