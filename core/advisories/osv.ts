/** OSV records (https://ossf.github.io/osv-schema, 1.x) to compiled advisories: one for each package that they name. */
import schema from "../../schemas/advisory.schema.json" with { type: "json" };
import type { Affected, AffectedRange, OsvRecord, RangeEvent } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";
import { VERSION_ORDERS, type VersionOrder } from "../ecosystems/versions.ts";
import { own } from "../json.ts";
import { isPackageName, normalizeName, type PackageId, type PurlType } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import { oneLine } from "../words.ts";
import { type CvssScore, scoreOf } from "./cvss.ts";

export const checkOsvRecord = schemaCheck<OsvRecord>(schema);

/** One end of a range, in version order; `last` is the last affected version. */
export type RangePoint = readonly [kind: "introduced" | "fixed" | "last" | "limit", version: string];

/** What one record says of one package. Without `versions` and `ranges` it affects nothing. */
export interface CompiledAdvisory {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly kind: Advisory["kind"];
  readonly cvss?: CvssScore;
  readonly summary?: string;
  readonly published?: string;
  readonly modified: string;
  readonly url?: string;
  readonly versions: readonly string[];
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
    ...(published && { published }),
    modified: record.modified,
    ...(url && { url }),
    versions: [...new Set(blocks.flatMap(({ versions }) => versions ?? []))].sort(),
    ranges: blocks.flatMap(({ ranges }) => (ranges ?? []).flatMap((range) => compileRange(range, order) ?? [])),
  };
}

/** GIT ranges need the commit graph; a record that has them lists `versions` beside. */
function compileRange({ type, events }: AffectedRange, order: VersionOrder): [RangePoint[]] | undefined {
  if (type !== "SEMVER" && type !== "ECOSYSTEM") return undefined;
  const points = events.flatMap(toPoint);
  return points.length > 0 ? [points.sort((a, b) => comparePoints(a, b, order))] : undefined;
}

function toPoint(event: RangeEvent): RangePoint[] {
  if (event.introduced !== undefined) return [["introduced", event.introduced]];
  if (event.fixed !== undefined) return [["fixed", event.fixed]];
  if (event.last_affected !== undefined) return [["last", event.last_affected]];
  return event.limit !== undefined && event.limit !== "*" ? [["limit", event.limit]] : [];
}

/** `0` stands before every version. An invalid version keeps its place behind the valid ones. */
function comparePoints([, a]: RangePoint, [, b]: RangePoint, order: VersionOrder): number {
  if (a === "0" || b === "0") return Number(b === "0") - Number(a === "0");
  if (!order.isValid(a) || !order.isValid(b)) return Number(!order.isValid(a)) - Number(!order.isValid(b));
  return order.compare(a, b);
}

/** Sources mark malware in different ways: by the id, by an alias, by CWE-506 (embedded malicious code), or in a field of their own. */
function kindOf(record: OsvRecord, blocks: readonly Affected[]): Advisory["kind"] {
  const isMalicious =
    [record.id, ...(record.aliases ?? [])].some((id) => /^(MAL|LWA)-/.test(id)) ||
    own(record.database_specific, "kind") === "malicious" ||
    own(record.database_specific, "malicious-packages-origins") !== undefined ||
    listOf(own(record.database_specific, "cwe_ids")).includes("CWE-506");
  if (isMalicious) return "malicious";
  const isNotice =
    blocks.length > 0 &&
    blocks.every(({ database_specific }) => typeof own(database_specific, "informational") === "string");
  return isNotice ? "other" : "vulnerability";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Thousands of Go records say year 1 where they do not know. */
function toRealTime(published: string | undefined): string | undefined {
  if (!published || published.startsWith("0001-")) return undefined;
  const time = Date.parse(published);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function urlOf({ references }: OsvRecord): string | undefined {
  const links = (references ?? []).filter(
    ({ url }) => url && URL.canParse(url) && /^https?:/.test(url) && url.length <= 512,
  );
  return (links.find(({ type }) => type === "ADVISORY") ?? links[0])?.url;
}
