/** Who wants a package: what a decision on an exception for it should know. */
import { parsePurl, toPurl } from "../../core/purl.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import { packageOf } from "./entry.ts";
import { findLogs } from "./logs.ts";
import { readEntries, Tally } from "./read.ts";

export interface DemandingClient {
  readonly address: string;
  /** As it calls itself, on one line. */
  readonly agent: string;
  readonly count: number;
}

export interface Demand {
  readonly count: number;
  /** RFC 3339; null where nobody asked. */
  readonly first: string | null;
  readonly last: string | null;
  /** Those who asked most, most first: at most a hundred. */
  readonly clients: readonly DemandingClient[];
  /** Whether there were others. */
  readonly hasMoreClients: boolean;
}

const MAX_CLIENTS = 100;
/** Agents are what clients say, and may be endless: of those beyond these it is only told that there are more. */
const MAX_KNOWN = 10_000;
const MAX_AGENT = 200;

/**
 * Who asked for a release, or with a purl without a version for any release of a package, and how often, by decision logs: files, and
 * directories with all of theirs. A request for a file counts, and a listing in which the release was withheld, once for each
 * time that it was judged. Damaged lines are passed over. Throws NOT_A_PURL, and FILE_UNREADABLE where nothing could be read.
 */
export async function readDemand(paths: readonly string[], purl: string): Promise<Demand> {
  const id = parsePurl(purl);
  const wanted = toPurl(id);
  const tally = new Tally();
  const clients = new Map<string, number>();
  let hasMoreClients = false;
  let [count, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const entries of readEntries(await findLogs(paths), tally))
    for (const { purl: asked, time, address, agent } of entries) {
      if ((id.version === undefined ? packageOf(asked) : asked) !== wanted) continue;
      count += 1;
      first = Math.min(first, time);
      last = Math.max(last, time);
      // As JSON, for a part of a long text would keep all of it in memory.
      const key = JSON.stringify([oneLine(address, MAX_AGENT), oneLine(agent, MAX_AGENT)]);
      const known = clients.get(key);
      if (known !== undefined || clients.size < MAX_KNOWN) clients.set(key, (known ?? 0) + 1);
      else hasMoreClients = true;
    }
  tally.requireSomething();
  const sorted = [...clients].sort(([, a], [, b]) => b - a);
  return {
    count,
    first: count > 0 ? formatInstant(new Date(first)) : null,
    last: count > 0 ? formatInstant(new Date(last)) : null,
    clients: sorted.slice(0, MAX_CLIENTS).map(([key, asked]) => {
      const [address, agent] = JSON.parse(key);
      return { address, agent, count: asked };
    }),
    hasMoreClients: hasMoreClients || sorted.length > MAX_CLIENTS,
  };
}
