/** A feed's advisories as a bundle carries them. */
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import type { FeedSummary } from "../../schemas/types/manifest.ts";
import { compileRecord } from "./osv.ts";
import { writeTable } from "./table.ts";

export interface Feed extends FeedSummary {
  readonly table: Uint8Array;
  /** The table compressed, where that was done before; compressing it again can take longer than all the rest. */
  readonly gzip?: Uint8Array;
}

/** Compiles records that are at hand, such as a repository's own. */
export function compileFeed(name: string, records: readonly OsvRecord[]): Feed {
  const newest = records.reduce<string | null>(
    (latest, { modified }) => (latest === null || modified > latest ? modified : latest),
    null,
  );
  return {
    name,
    entries: records.length,
    newest,
    fetched: null,
    version: null,
    table: writeTable(records.flatMap(compileRecord)),
  };
}
