/** What all feeds together say of one package, and of one release of it. */
import type { Advisory } from "../../schemas/types/facts.ts";
import type { PackageId } from "../purl.ts";
import { VERSION_ORDERS } from "../versions/index.ts";
import { affects } from "./evaluate.ts";
import { type CompiledAdvisory, isStart, type RangePoint } from "./osv.ts";
import { type AdvisoryOrder, RankedOrder } from "./ranked-order.ts";
import type { AdvisoryTable } from "./table.ts";

interface Report {
  readonly feed: string;
  readonly advisory: CompiledAdvisory;
}

/** The advisories on one package: looked up once, then asked for each of its releases. */
export class PackageFindings {
  readonly #order: AdvisoryOrder;
  /** Reports of the same finding stand together, the one that speaks for them first. */
  readonly #findings: readonly (readonly Report[])[];

  /** With `asOf`, only what was published by then: the answer that a look-up at that time would have got. */
  constructor(pkg: PackageId, tables: readonly AdvisoryTable[], asOf?: Date) {
    const reports = tables.flatMap((table) =>
      table.lookup(pkg).map((advisory) => ({ feed: table.feed, advisory }) satisfies Report),
    );
    this.#order = new RankedOrder(
      VERSION_ORDERS[pkg.type],
      reports.map(({ advisory }) => advisory),
    );
    const known = asOf ? reports.filter(({ advisory }) => isKnown(advisory, asOf)) : reports;
    this.#findings = groupAliases(known.sort(compareReports));
  }

  /**
   * The findings that affect a version, sorted by id. Records that are aliases of one another are one finding: it is
   * malicious where one of them says so, and has the highest of their scores.
   */
  affecting(version: string): Advisory[] {
    return this.#findings
      .map((reports) => reports.filter(({ advisory }) => affects(advisory, version, this.#order)))
      .flatMap(([lead, ...others]) => (lead ? [toFinding(lead, others, this.#order)] : []))
      .sort((a, b) => compareText(a.id, b.id));
  }

  /** Versions that malicious records list by name; the upstream has often removed them already. */
  namedMalicious(): string[] {
    return [
      ...new Set(
        this.#findings.flat().flatMap(({ advisory }) => (advisory.kind === "malicious" ? advisory.versions : [])),
      ),
    ];
  }
}

/** A record that does not say when it was published was known when it was last changed. */
function isKnown({ published, modified }: CompiledAdvisory, asOf: Date): boolean {
  return Date.parse(published ?? modified ?? "") <= asOf.getTime();
}

/** Aliases are symmetric and transitive (OSV schema, "aliases field"), so a shared one suffices. Keeps the order within a group. */
function groupAliases(reports: readonly Report[]): Report[][] {
  const groupOf = new Map<string, Report[]>();
  for (const report of reports) {
    const ids = idsOf(report);
    const joined = new Set(ids.flatMap((id) => groupOf.get(id) ?? []));
    const group = reports.filter((other) => other === report || joined.has(other));
    for (const id of group.flatMap(idsOf)) groupOf.set(id, group);
  }
  return [...new Set(groupOf.values())];
}

function idsOf({ advisory: { id, aliases } }: Report): string[] {
  return [id, ...aliases];
}

const RANKS: Record<Advisory["kind"], number> = { malicious: 0, vulnerability: 1, other: 2 };

/** The gravest first, then by id; of one record in several feeds, the feed that is configured first. */
function compareReports({ advisory: a }: Report, { advisory: b }: Report): number {
  return RANKS[a.kind] - RANKS[b.kind] || scoreOf(b) - scoreOf(a) || compareText(a.id, b.id);
}

function scoreOf({ cvss }: CompiledAdvisory): number {
  return cvss?.score ?? -1;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One finding of several reports; what the leading one leaves out comes from the others. */
function toFinding(lead: Report, others: readonly Report[], order: AdvisoryOrder): Advisory {
  const reports = [lead, ...others];
  const advisories = reports.map(({ advisory }) => advisory);
  const { id, kind } = lead.advisory;
  const ids = new Set(reports.flatMap(idsOf));
  ids.delete(id);
  const cvss = advisories.toSorted((a, b) => scoreOf(b) - scoreOf(a))[0]?.cvss;
  const severity = advisories.find((advisory) => advisory.severity)?.severity;
  const summary = advisories.find((advisory) => advisory.summary)?.summary;
  const published = advisories.flatMap((advisory) => advisory.published ?? []).sort()[0];
  const url = advisories.find((advisory) => advisory.url)?.url;
  return {
    id,
    aliases: [...ids].sort(),
    kind,
    ...(cvss ?? (severity && { severity })),
    affected: others.length === 0 ? affectedBy(lead.advisory) : [...new Set(advisories.flatMap(affectedBy))],
    fixed: fixedIn(advisories, order),
    ...(summary && { summary }),
    ...(published && { published }),
    source: lead.feed,
    ...(url && { url }),
  };
}

const AFFECTED = new WeakMap<CompiledAdvisory, string[]>();

/** Ranges in the way of npm and PyPI (`>=1.0.0 <1.2.6`), then single versions. Kept: each release of a listing asks. */
function affectedBy(advisory: CompiledAdvisory): string[] {
  const known = AFFECTED.get(advisory);
  if (known) return known;
  const affected = [...advisory.ranges.map(describeRange), ...advisory.versions];
  AFFECTED.set(advisory, affected);
  return affected;
}

const SIGNS: Record<RangePoint[0], string> = { introduced: ">=", fixed: "<", last: "<=", limit: "<" };

/** Each beginning starts a stretch; the start of all versions is left out, and alone is `*`. */
function describeRange(range: readonly RangePoint[]): string {
  const stretches: string[][] = [];
  for (const point of range) {
    if (point[0] === "introduced" || stretches.length === 0) stretches.push([]);
    if (!isStart(point)) stretches.at(-1)?.push(`${SIGNS[point[0]]}${point[1]}`);
  }
  return stretches.map((stretch) => stretch.join(" ") || "*").join(" || ");
}

function fixedIn(advisories: readonly CompiledAdvisory[], order: AdvisoryOrder): string[] {
  const points = advisories.flatMap(({ ranges }) => ranges.flat());
  const versions = points.flatMap(([kind, version]) => (kind === "fixed" ? [version] : []));
  return [...new Set(versions)].sort((a, b) => order.compare(a, b));
}
