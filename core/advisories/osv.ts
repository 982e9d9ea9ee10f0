/** OSV records (https://ossf.github.io/osv-schema, 1.x) to compiled advisories: one for each package that they name. */
import schema from "../../schemas/advisory.schema.json" with { type: "json" };
import type { Affected, AffectedRange, OsvRecord, RangeEvent } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";
import { isPackageName, normalizeName, type PackageId, type PurlType } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import { formatInstant, parseInstant } from "../time.ts";
import { VERSION_ORDERS } from "../versions/index.ts";
import type { VersionOrder } from "../versions/order.ts";
import { oneLine } from "../words.ts";
import { type CvssScore, type SeverityRating, scoreOf, statedRating } from "./cvss.ts";
import { kindOf } from "./kind.ts";

export const checkOsvRecord = schemaCheck<OsvRecord>(schema);

/** One event of a range; `last` is the last affected version, and `introduced` at `0` stands before every version. */
export type RangePoint = readonly [kind: "introduced" | "fixed" | "last" | "limit", version: string];

/** What one record says of one package. Without `versions`, and a range that begins, it affects nothing. */
export interface CompiledAdvisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly kind: Advisory["kind"];
  readonly cvss?: CvssScore;
  /** The database's own rating, where the record has no score. */
  readonly severity?: SeverityRating;
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

/** The ecosystems that Cordon judges, as OSV names them. */
export const ECOSYSTEM_NAMES: readonly string[] = [...ECOSYSTEMS.keys()];

export interface PackageAdvisory {
  readonly pkg: PackageId;
  readonly advisory: CompiledAdvisory;
}

/** Where a valid record says less than it seems to, and what is made of it. */
export interface RecordNote {
  /** The place in the record. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type AddNote = (message: string) => void;

/** A record's advisories by package; none for one that is withdrawn, or that names no package of ours. */
export function compileRecord(record: OsvRecord): PackageAdvisory[] {
  return examineRecord(record).entries;
}

/** As compileRecord(), with notes on what could not be used. Another ecosystem is not worth one. */
export function examineRecord(record: OsvRecord): { entries: PackageAdvisory[]; notes: RecordNote[] } {
  if (record.withdrawn) return { entries: [], notes: [] };
  const notes: RecordNote[] = [];
  const byPackage = new Map<string, { pkg: PackageId; blocks: Affected[]; note: AddNote }>();
  for (const [index, block] of (record.affected ?? []).entries()) {
    const { ecosystem = "", name = "" } = block.package ?? {};
    const type = ECOSYSTEMS.get(ecosystem);
    if (!type) continue;
    const addNote = (shown: string, message: string): void => {
      notes.push({ path: ["affected", index], message: `${ecosystem} ${shown}: ${message}` });
    };
    const pkg = { type, name: normalizeName(type, name) };
    if (!isPackageName(type, pkg.name)) {
      addNote(quoteShort(name), "this cannot be a name, so nothing is affected");
      continue;
    }
    const key = advisoryKey(pkg);
    const entry = byPackage.get(key) ?? { pkg, blocks: [], note: (message) => addNote(pkg.name, message) };
    entry.blocks.push(block);
    byPackage.set(key, entry);
  }
  if ((record.affected ?? []).length === 0) notes.push({ path: [], message: "it names nothing that is affected" });
  const entries = [...byPackage.values()].map(({ pkg, blocks, note }) => ({
    pkg,
    advisory: compileBlocks(record, blocks, VERSION_ORDERS[pkg.type], note),
  }));
  return { entries, notes };
}

/**
 * The key under which a package's advisories stand. crates.io treats `-` and `_` as one, whatever the case. Go's module
 * paths differ by case, but package URLs are written in lower case, and a verdict must be found from one; modules that
 * differ by case only (`0xJacky/Nginx-UI`, `nginx-ui`) share theirs, which on the large hosts are one repository.
 */
export function advisoryKey({ type, name }: PackageId): string {
  switch (type) {
    case "cargo":
      return `${type}/${name.toLowerCase().replaceAll("_", "-")}`;
    case "golang":
      return `${type}/${name.toLowerCase()}`;
    default:
      return `${type}/${name}`;
  }
}

/** Whether there is a version that it may affect. */
export function affectsSomething({ versions, ranges }: Pick<CompiledAdvisory, "versions" | "ranges">): boolean {
  return versions.length > 0 || ranges.some((range) => range.some(([kind]) => kind === "introduced"));
}

/** A malicious record that does not say which versions is on all of them: to read it as on none would let it through. */
function compileBlocks(
  record: OsvRecord,
  blocks: readonly Affected[],
  order: VersionOrder,
  note: AddNote,
): CompiledAdvisory {
  const kind = kindOf(record, blocks);
  const versions = [...new Set(blocks.flatMap((block) => block.versions ?? []))].sort();
  const ranges = blocks.flatMap((block) =>
    (block.ranges ?? []).flatMap((range) => compileRange(range, order, note) ?? []),
  );
  const isUsable = affectsSomething({ versions, ranges });
  if (!isUsable) {
    const affected = kind === "malicious" ? "every version" : "nothing";
    note(`neither versions nor a range that can be read, so ${affected} is affected`);
  }
  const severities = blocks.flatMap(({ severity }) => severity ?? []);
  const cvss = scoreOf(severities.length > 0 ? severities : (record.severity ?? []));
  const severity = cvss ? undefined : statedRating(record.database_specific);
  const published = toRealTime(record.published);
  const url = urlOf(record);
  return {
    id: record.id,
    aliases: [...new Set(record.aliases ?? [])].sort(),
    kind,
    ...(cvss && { cvss }),
    ...(severity && { severity }),
    ...(record.summary && { summary: oneLine(record.summary, MAX_SUMMARY) }),
    ...(published ? { published } : { modified: record.modified }),
    ...(url && { url }),
    versions,
    ranges: isUsable || kind !== "malicious" ? ranges : [[FROM_THE_START]],
  };
}

/**
 * GIT ranges need the commit graph; a record that has them lists `versions` beside. An event whose version cannot be
 * ordered never makes a range smaller: where it would begin the range, all versions are in it, and where it would end it,
 * it ends where the version that the text begins with does, or not at all.
 */
function compileRange({ type, events }: AffectedRange, order: VersionOrder, note: AddNote): [RangePoint[]] | undefined {
  if (type !== "SEMVER" && type !== "ECOSYSTEM") {
    if (type !== "GIT") note(`ranges of type ${quoteShort(type)} are not read`);
    return undefined;
  }
  const points = events.flatMap(toPoints).map(([kind, written]) => {
    const ordered = toOrdered(kind, written, order);
    const version = ordered ?? (ENDS.includes(kind) ? order.leading?.(written) : undefined);
    const reading = version === undefined ? WITHOUT_ORDER[kind] : `it is read as ${version}`;
    if (ordered === undefined && !(kind === "limit" && written === "*"))
      note(`${quoteShort(written)} has no place in the order of versions, so ${reading}`);
    return { kind, version };
  });
  if (points.some(({ kind, version }) => kind === "introduced" && version === undefined)) return [[FROM_THE_START]];
  // One limit that is infinite or unknown lifts the others, for a version needs to lie below only one of them.
  const isLimited = points.every(({ kind, version }) => kind !== "limit" || version !== undefined);
  const known = points.flatMap(({ kind, version }): RangePoint[] =>
    version === undefined || (kind === "limit" && !isLimited) ? [] : [[kind, version]],
  );
  return known.length > 0 ? [inOrder(known, order)] : undefined;
}

const WITHOUT_ORDER: Readonly<Record<RangePoint[0], string>> = {
  introduced: "the range is over every version",
  fixed: "the range does not end there",
  last: "the range does not end there",
  limit: "the range has no limit",
};

const ENDS: readonly RangePoint[0][] = ["fixed", "last"];

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
  for (let start = 0; start < events.length; ) {
    const first = events[start] ?? FROM_THE_START;
    let end = start + 1;
    while (end < events.length && comparePoints(first, events[end] ?? first, order) === 0) end += 1;
    const same = events.slice(start, end);
    const begins = same.filter(([kind]) => kind === "introduced");
    const ends = same.filter(([kind]) => kind !== "introduced");
    sorted.push(...(sorted.at(-1)?.[0] === "introduced" ? [...ends, ...begins] : [...begins, ...ends]));
    start = end;
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

function quoteShort(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function urlOf({ references }: OsvRecord): string | undefined {
  const links = (references ?? []).filter(
    ({ url }) => url && URL.canParse(url) && /^https?:/.test(url) && url.length <= 512,
  );
  return (links.find(({ type }) => type === "ADVISORY") ?? links[0])?.url;
}
