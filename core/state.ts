/** What lies in a proxy's state directory for others to read. */

/** Where a proxy keeps its state unless it is told otherwise. */
export const DEFAULT_STATE = ".cordon/state";

/** The running proxy: `{ id, startedAt, url }`, as `/-/status` tells them too. */
export const PROCESS_FILE = "proxy.json";

/** The decision log that is written to. */
export const DECISION_LOG = "decisions.jsonl";

const ROTATED = /^decisions-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)\.jsonl(\.gz)?$/;

/** A decision log that was full or old, by when it was set aside. */
export interface RotatedLog {
  readonly rotatedAt: Date;
  /** Its name before it is compressed. */
  readonly name: string;
  readonly isCompressed: boolean;
}

/** `decisions-20261122T120000.000Z.jsonl`: such names sort by time, and before the one that is written to. */
export function rotatedName(instant: Date): string {
  return `decisions-${instant.toISOString().replace(/[-:]/g, "")}.jsonl`;
}

/** Undefined for every other name. */
export function parseRotatedName(name: string): RotatedLog | undefined {
  const [, year, month, day, hour, minute, rest, gz] = ROTATED.exec(name) ?? [];
  const rotatedAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${rest}`);
  if (Number.isNaN(rotatedAt.getTime())) return undefined;
  return { rotatedAt, name: name.replace(/\.gz$/, ""), isCompressed: gz !== undefined };
}
