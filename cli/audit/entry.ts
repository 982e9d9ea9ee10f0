/** One line of a decision log, with what is asked of it. Everything in it may be a stranger's: agents, names, reasons. */
import { isObject, type JsonObject, own, ownString } from "../../core/json.ts";
import { parseInstant } from "../../core/time.ts";
import type { Verdict } from "../../schemas/types/decision.ts";

export interface Entry {
  /** The line as it stands. */
  readonly text: string;
  readonly line: JsonObject;
  /** When it was recorded, in milliseconds; of lines that do not say so, when it was decided. */
  readonly time: number;
  readonly decision: Verdict;
  readonly purl: string;
  readonly policy: string | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly kind: string;
  readonly address: string;
  readonly agent: string;
}

const MAX_PURL = 2048;
/** Writing JSON takes stack by its depth, and a line of a megabyte may have half a million levels. */
const MAX_DEPTH = 64;
const VERDICTS: ReadonlySet<unknown> = new Set<Verdict>(["allow", "warn", "strip-scripts", "quarantine", "block"]);

/** Of anything else than a decision, what is wrong with it. */
export function parseEntry(text: string): Entry | string {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (!isObject(line)) return "it is no JSON object";
  if (isDeeper(line, MAX_DEPTH)) return "it is nested too deeply";
  const { decision } = line;
  const purl = ownString(line, "purl");
  const time = parseInstant(ownString(line, "recordedAt") ?? ownString(line, "decidedAt") ?? "");
  if (!VERDICTS.has(decision)) return "it has no decision";
  if (!purl?.startsWith("pkg:") || purl.length > MAX_PURL) return "it names no release";
  if (!time) return "it has no time";
  const client = own(line, "client");
  return {
    text,
    line,
    time: time.getTime(),
    decision: decision as Verdict,
    purl,
    policy: ownString(line, "policy") ?? null,
    rule: ownString(line, "rule") ?? null,
    reason: ownString(line, "reason") ?? "",
    kind: ownString(line, "kind") ?? "",
    // An IPv4 client of a server that listens on IPv6 has an address such as `::ffff:10.0.0.5`.
    address: (ownString(client, "address") ?? "").replace(/^::ffff:(?=[\d.]+$)/i, ""),
    agent: ownString(client, "agent") ?? "",
  };
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** `pkg:npm/left-pad` of `pkg:npm/left-pad@1.3.0`. */
export function packageOf(purl: string): string {
  const at = purl.lastIndexOf("@");
  return at > 0 ? purl.slice(0, at) : purl;
}

export function ecosystemOf(purl: string): string {
  return purl.slice("pkg:".length, Math.max(purl.indexOf("/"), "pkg:".length));
}

/** The advisories that affect the release, as the decision has them. */
export function advisoriesOf({ line }: Entry): string[] {
  return listOf(line, "evidence").flatMap((advisory) => ownString(advisory, "id") ?? []);
}

export function listOf(object: unknown, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}
