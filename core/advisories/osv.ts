/** OSV records (https://ossf.github.io/osv-schema, 1.x) to compiled advisories: one for each package that they name. */
import schema from "../../schemas/advisory.schema.json" with { type: "json" };
import type { Affected, AffectedRange, OsvRecord, RangeEvent } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";
import { VERSION_ORDERS, type VersionOrder } from "../ecosystems/versions.ts";
import { isPackageName, normalizeName, type PackageId, type PurlType } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import { formatInstant, parseInstant } from "../time.ts";
import { oneLine } from "../words.ts";
import { type CvssScore, scoreOf } from "./cvss.ts";
import { kindOf } from "./kind.ts";

export const checkOsvRecord = schemaCheck<OsvRecord>(schema);

/** One event of a range; `last` is the last affected version, and `introduced` at `0` stands before every version. */
export type RangePoint = readonly [kind: "introduced" | "fixed" | "last" | "limit", version: string];

/** What one record says of one package. Without `versions` and `ranges` it affects nothing. */
export interface CompiledAdvisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly kind: Advisory["kind"];
  readonly cvss?: CvssScore;
  readonly summary?: string;
  readonly published?: string;
  /** Where the record does not say when it was published. */
  readonly modified?: string;
  readonly url?: string;
  /** As the record spells them. */
  readonly versions: readonly string[];
  /** The points of each range in version order, limits last. Every version in them can be ordered. */
  readonly ranges: readonly (readonly RangePoint[])[];
}

/** OSV's names of the ecosystems; a suffix after a colon (`npm:…`) is a variant that Cordon does not judge. */
const ECOSYSTEMS = new Map<string, PurlType>([
  ["npm", "npm"],
  ["PyPI", "pypi"],
  ["crates.io", "cargo"],
  ["Go", "golang"],
]);

const MAX_SUMMARY = 200;

/** A record's advisories by package; none for one that is withdrawn, or that names no package of ours. */
export function compileRecord(record: OsvRecord): { pkg: PackageId; advisory: CompiledAdvisory }[] {
  if (record.withdrawn) return [];
  const byPackage = new Map<string, { pkg: PackageId; blocks: Affected[] }>();
  for (const block of record.affected ?? []) {
    const type = ECOSYSTEMS.get(block.package?.ecosystem ?? "");
    if (!type || !block.package) continue;
    const pkg = { type, name: normalizeName(type, block.package.name) };
    if (!isPackageName(type, pkg.name)) continue;
    const key = advisoryKey(pkg);
    const entry = byPackage.get(key) ?? { pkg, blocks: [] };
    entry.blocks.push(block);
    byPackage.set(key, entry);
  }
  return [...byPackage.values()].map(({ pkg, blocks }) => ({
    pkg,
    advisory: compileBlocks(record, blocks, VERSION_ORDERS[pkg.type]),
  }));
}

/** The key under which a package's advisories stand. crates.io treats `-` and `_` as one, whatever the case. */
export function advisoryKey({ type, name }: PackageId): string {
  return `${type}/${type === "cargo" ? name.toLowerCase().replaceAll("_", "-") : name}`;
}

function compileBlocks(record: OsvRecord, blocks: readonly Affected[], order: VersionOrder): CompiledAdvisory {
  const severities = blocks.flatMap(({ severity }) => severity ?? []);
  const cvss = scoreOf(severities.length > 0 ? severities : (record.severity ?? []));
  const published = toRealTime(record.published);
  const url = urlOf(record);
  return {
    id: record.id,
    aliases: [...new Set(record.aliases ?? [])].sort(),
    kind: kindOf(record, blocks),
    ...(cvss && { cvss }),
    ...(record.summary && { summary: oneLine(record.summary, MAX_SUMMARY) }),
    ...(published ? { published } : { modified: record.modified }),
    ...(url && { url }),
    versions: [...new Set(blocks.flatMap(({ versions }) => versions ?? []))].sort(),
    ranges: blocks.flatMap(({ ranges }) => (ranges ?? []).flatMap((range) => compileRange(range, order) ?? [])),
  };
}

/**
 * GIT ranges need the commit graph; a record that has them lists `versions` beside. An event whose version cannot be
 * ordered never makes a range smaller: where it would begin the range, all versions are in it, else it is left out.
 */
function compileRange({ type, events }: AffectedRange, order: VersionOrder): [RangePoint[]] | undefined {
  if (type !== "SEMVER" && type !== "ECOSYSTEM") return undefined;
  const points = events
    .flatMap(toPoints)
    .map(([kind, version]) => ({ kind, version: toOrdered(kind, version, order) }));
  if (points.some(({ kind, version }) => kind === "introduced" && version === undefined)) return [[FROM_THE_START]];
  // One limit that is infinite or unknown lifts the others, for a version needs to lie below only one of them.
  const isLimited = points.every(({ kind, version }) => kind !== "limit" || version !== undefined);
  const known = points.flatMap(({ kind, version }): RangePoint[] =>
    version === undefined || (kind === "limit" && !isLimited) ? [] : [[kind, version]],
  );
  return known.length > 0 ? [inOrder(known, order)] : undefined;
}

const FROM_THE_START: RangePoint = ["introduced", "0"];

/** The schema allows one key an event; a record of before that rule had several, and meant them as several events. */
function toPoints({ introduced, fixed, last_affected, limit }: RangeEvent): RangePoint[] {
  const points = { introduced, fixed, last: last_affected, limit };
  return KINDS.flatMap((kind): RangePoint[] => (points[kind] === undefined ? [] : [[kind, points[kind]]]));
}

const KINDS = ["introduced", "fixed", "last", "limit"] as const;

/** The version as written where that can be ordered, else mended; undefined where it cannot be, as the limit `*`. */
function toOrdered(kind: RangePoint[0], version: string, order: VersionOrder): string | undefined {
  if ((kind === "introduced" && version === "0") || order.isValid(version)) return version;
  return order.canonical(version);
}

/**
 * Sorts points so that their order in the record does not matter. The schema leaves open what a beginning and an end at
 * the same version mean: here they leave the range as it was before them, so `0, <2, 2, <3` has no hole, `2, <2` is
 * empty (both are in use) and `2, last 2` is that one version.
 */
function inOrder(points: readonly RangePoint[], order: VersionOrder): RangePoint[] {
  const limits = points.filter(([kind]) => kind === "limit");
  const events = points.filter(([kind]) => kind !== "limit").sort((a, b) => comparePoints(a, b, order));
  const sorted: RangePoint[] = [];
  for (const [index, first] of events.entries()) {
    if (index < sorted.length) continue;
    const same = events.slice(index).filter((event) => comparePoints(first, event, order) === 0);
    const begins = same.filter(([kind]) => kind === "introduced");
    const ends = same.filter(([kind]) => kind !== "introduced");
    sorted.push(...(sorted.at(-1)?.[0] === "introduced" ? [...ends, ...begins] : [...begins, ...ends]));
  }
  return [...sorted, ...limits];
}

function comparePoints(a: RangePoint, b: RangePoint, order: VersionOrder): number {
  if (isStart(a) || isStart(b)) return Number(isStart(b)) - Number(isStart(a));
  return order.compare(a[1], b[1]);
}

/** Whether the point stands before every version. Only `introduced` has this meaning of `0`. */
export function isStart([kind, version]: RangePoint): boolean {
  return kind === "introduced" && version === "0";
}

/** Thousands of Go records say year 1 where they do not know. */
function toRealTime(published: string | undefined): string | undefined {
  if (!published || published.startsWith("0001-")) return undefined;
  const time = parseInstant(published);
  return time && formatInstant(time);
}

function urlOf({ references }: OsvRecord): string | undefined {
  const links = (references ?? []).filter(
    ({ url }) => url && URL.canParse(url) && /^https?:/.test(url) && url.length <= 512,
  );
  return (links.find(({ type }) => type === "ADVISORY") ?? links[0])?.url;
}
