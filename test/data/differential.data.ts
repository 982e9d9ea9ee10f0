/**
 * All records against a second evaluator, written naively from the OSV schema's text ("Evaluation") and sharing nothing
 * with Cordon's but the libraries that compare two versions. Where Cordon differs on purpose, the reason is checked.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import * as pep440 from "@renovatebot/pep440";
import semver from "semver";
import { affects } from "../../core/advisories/evaluate.ts";
import { type CompiledAdvisory, compileRecord } from "../../core/advisories/osv.ts";
import { RankedOrder } from "../../core/advisories/ranked-order.ts";
import { AdvisoryTable, writeTable } from "../../core/advisories/table.ts";
import type { PackageId, PurlType } from "../../core/purl.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";
import type { Affected, OsvRecord, RangeEvent } from "../../schemas/types/advisory.ts";
import { describeData, FEEDS, readFeed } from "./shared-data.ts";

// The naive evaluator.

const TYPES: Readonly<Record<string, PurlType>> = { npm: "npm", PyPI: "pypi", "crates.io": "cargo", Go: "golang" };

function isSamePackage(block: Affected, { type, name }: PackageId): boolean {
  if (TYPES[block.package?.ecosystem ?? ""] !== type) return false;
  const written = block.package?.name ?? "";
  if (type === "pypi") return written.toLowerCase().replace(/[-_.]+/g, "-") === name;
  if (type === "cargo") return written.toLowerCase().replace(/_/g, "-") === name.toLowerCase().replace(/_/g, "-");
  // Package URLs write Go's names in lower case.
  if (type === "golang") return written.toLowerCase() === name.toLowerCase();
  return written === name;
}

const bare = (type: PurlType, version: string) => (type === "golang" ? version.replace(/^v/, "") : version);

function isVersion(type: PurlType, version: string): boolean {
  if (type === "pypi") return pep440.valid(version) !== null;
  return semver.parse(bare(type, version))?.raw === bare(type, version) && !bare(type, version).startsWith("v");
}

function compare(type: PurlType, a: string, b: string): number {
  return type === "pypi" ? pep440.compare(a, b) : semver.compare(bare(type, a), bare(type, b));
}

const versionOf = (event: RangeEvent): string =>
  event.introduced ?? event.fixed ?? event.last_affected ?? event.limit ?? "";

const isOrdered = (type: PurlType, event: RangeEvent): boolean =>
  event.introduced === "0" || event.limit === "*" || isVersion(type, versionOf(event));

/** `0` is before every version. */
function reaches(type: PurlType, version: string, introduced: string): boolean {
  return introduced === "0" || compare(type, version, introduced) >= 0;
}

function isBeforeLimits(type: PurlType, version: string, events: readonly RangeEvent[]): boolean {
  const limits = events.flatMap(({ limit }) => limit ?? []);
  return limits.length === 0 || limits.some((limit) => limit === "*" || compare(type, version, limit) < 0);
}

function isInEvents(type: PurlType, version: string, events: readonly RangeEvent[]): boolean {
  if (!isBeforeLimits(type, version, events)) return false;
  let vulnerable = false;
  const sorted = [...events].sort((a, b) => {
    if (a.introduced === "0") return b.introduced === "0" ? 0 : -1;
    return b.introduced === "0" ? 1 : compare(type, versionOf(a), versionOf(b));
  });
  for (const { introduced, fixed, last_affected: last } of sorted) {
    if (introduced !== undefined && reaches(type, version, introduced)) vulnerable = true;
    else if (fixed !== undefined && compare(type, version, fixed) >= 0) vulnerable = false;
    else if (last !== undefined && compare(type, version, last) > 0) vulnerable = false;
  }
  return vulnerable;
}

function isVulnerable(record: OsvRecord, pkg: PackageId, version: string): boolean {
  for (const block of record.affected ?? []) {
    if (!isSamePackage(block, pkg)) continue;
    for (const listed of block.versions ?? []) if (listed === version) return true;
    if (!isVersion(pkg.type, version)) continue;
    for (const { type, events } of block.ranges ?? []) {
      // The text does not say how to sort what has no order.
      if (type === "GIT" || !events.every((event) => isOrdered(pkg.type, event))) continue;
      if (isInEvents(pkg.type, version, events)) return true;
    }
  }
  return false;
}

// What to ask for.

const ALWAYS = ["0.0.0-0", "0.0.0", "0.0.1", "1.0.0", "99.99.99", "99.99.99-rc.1", "not-a-version", ""];
const ALWAYS_PYPI = ["0", "0.dev0", "1!0", "99.99.99", "99.99.99rc1", "not-a-version", ""];

/** Versions close to one: below, above, before, after, and other spellings of it. */
function neighbours(type: PurlType, version: string): string[] {
  if (type === "pypi") {
    return ["a0", "rc1", ".dev0", ".post0", ".post1", "+local", ".0", ".1"]
      .map((end) => version + end)
      .concat(`v${version}`);
  }
  const parsed = semver.parse(bare(type, version));
  if (!parsed) return [];
  const { major, minor, patch, prerelease } = parsed;
  const near = [
    `${major}.${minor}.${patch + 1}`,
    `${major}.${minor}.${patch + 1}-0`,
    `${major}.${minor}.${Math.max(0, patch - 1)}`,
    `${major}.${minor + 1}.0`,
    `${major + 1}.0.0`,
    `${major}.${minor}.${patch}-0`,
    `${major}.${minor}.${patch}-zzz.1`,
    `${major}.${minor}.${patch}`,
    `${major}.${minor}.${patch}+build`,
    ...(prerelease.length > 0 ? [`${major}.${minor}.${patch}-${prerelease.join(".")}.0`] : []),
  ];
  return type === "golang"
    ? [...near, ...near.map((other) => `v${other}`), `v${major}.${minor}.${patch}+incompatible`]
    : near;
}

/** Every version that the record names, and those around the ones that bound something. */
function probesOf(record: OsvRecord, pkg: PackageId): Set<string> {
  const blocks = (record.affected ?? []).filter((block) => isSamePackage(block, pkg));
  const listed = blocks.flatMap(({ versions }) => versions ?? []);
  const events = blocks.flatMap(({ ranges }) => (ranges ?? []).flatMap((range) => range.events.map(versionOf)));
  const around = [...events, ...listed.slice(0, 2), ...listed.slice(-2)];
  return new Set([
    ...(pkg.type === "pypi" ? ALWAYS_PYPI : ALWAYS),
    ...listed,
    ...events,
    ...around.flatMap((version) => neighbours(pkg.type, version)),
  ]);
}

// Where Cordon differs.

/** What a shortened version, or one with a v, stands for: `1.0` for 1.0.0. */
function mend(type: PurlType, version: string): string | undefined {
  const text = version.replace(/^v/, "");
  return [text, `${text}.0`, `${text}.0.0`].find((whole) => /^\d+(\.\d+)*$/.test(text) && isVersion(type, whole));
}

/** The record as Cordon reads it: without ends that have no order, and a range over everything where a beginning has none. */
function withOrder(record: OsvRecord, type: PurlType): OsvRecord {
  const affected = (record.affected ?? []).map((block) => ({
    ...block,
    ranges: (block.ranges ?? []).map((range) => ({ ...range, events: orderedEvents(type, range.events) })),
  }));
  return { ...record, affected };
}

function orderedEvents(type: PurlType, events: readonly RangeEvent[]): RangeEvent[] {
  const mended = events.map((event): RangeEvent => {
    const version = isOrdered(type, event) ? undefined : mend(type, versionOf(event));
    return version === undefined ? event : Object.fromEntries(Object.keys(event).map((key) => [key, version]));
  });
  const isAnywhere = mended.some((event) => event.introduced !== undefined && !isOrdered(type, event));
  return isAnywhere ? [{ introduced: "0" }] : mended.filter((event) => isOrdered(type, event));
}

type Reason =
  | "a shortened version"
  | "another spelling of a listed version"
  | "another build of a listed attack"
  | "an event without order"
  | "a version without order";

/** Why Cordon may say yes where the text says no, or says nothing. It never says no where the text says yes. */
function reasonFor(record: OsvRecord, pkg: PackageId, { kind }: CompiledAdvisory, version: string): Reason | undefined {
  const blocks = (record.affected ?? []).filter((block) => isSamePackage(block, pkg));
  const ranges = blocks.flatMap((block) => block.ranges ?? []).filter(({ type }) => type !== "GIT");
  const listed = blocks.flatMap((block) => block.versions ?? []);
  const isAffected = (other: string) => isVulnerable(withOrder(record, pkg.type), pkg, other);
  if (!isVersion(pkg.type, version)) {
    const mended = mend(pkg.type, version);
    if (mended !== undefined) return isAffected(mended) ? "a shortened version" : undefined;
    return kind === "malicious" && ranges.length > 0 ? "a version without order" : undefined;
  }
  const isListed = listed.some((other) => isVersion(pkg.type, other) && compare(pkg.type, other, version) === 0);
  if (isListed && (pkg.type === "pypi" || pkg.type === "golang")) return "another spelling of a listed version";
  if (isListed && kind === "malicious") return "another build of a listed attack";
  return isAffected(version) ? "an event without order" : undefined;
}

describeData("all records", () => {
  it("are read, but for two lines that are no JSON", () => {
    assert.deepEqual(
      FEEDS.flatMap((feed) => readFeed(feed).refused),
      ["PYSEC-2026-2877", "PYSEC-2026-384"],
    );
    assert.equal(FEEDS.flatMap((feed) => readFeed(feed).records).length, 42_698);
  });

  it("are compiled for every package of ours that they name, unless they are withdrawn", () => {
    const missing = FEEDS.flatMap((feed) => readFeed(feed).records).flatMap((record) => {
      const compiled = compileRecord(record);
      if (record.withdrawn) return compiled.map(() => `${record.id} is withdrawn`);
      return (record.affected ?? [])
        .filter((block) => TYPES[block.package?.ecosystem ?? ""] !== undefined)
        .filter((block) => !compiled.some(({ pkg }) => isSamePackage(block, pkg)))
        .map((block) => `${record.id} ${block.package?.name}`);
    });
    assert.deepEqual(missing, []);
  });

  const totals = { probes: 0, yes: 0, reasons: new Map<Reason, number>() };
  for (const feed of FEEDS) {
    it(`affect what the OSV schema says: ${feed}`, () => {
      const differences: string[] = [];
      for (const record of readFeed(feed).records) {
        for (const { pkg, advisory } of compileRecord(record)) {
          for (const version of probesOf(record, pkg)) {
            const actual = affects(advisory, version, VERSION_ORDERS[pkg.type]);
            const expected = isVulnerable(record, pkg, version);
            totals.probes += 1;
            totals.yes += Number(actual);
            if (actual === expected) continue;
            const reason = actual ? reasonFor(record, pkg, advisory, version) : undefined;
            if (reason) totals.reasons.set(reason, (totals.reasons.get(reason) ?? 0) + 1);
            else differences.push(`${record.id} ${pkg.name}@${version}: ${actual} where ${expected} is right`);
          }
        }
      }
      assert.deepEqual(differences.slice(0, 20), []);
    });
  }

  it("differ for the known reasons only, and few of them without order", () => {
    console.log(totals.probes, "questions,", totals.yes, "times affected,", Object.fromEntries(totals.reasons));
    assert.ok(totals.probes > 500_000);
    assert.ok((totals.reasons.get("an event without order") ?? 0) < 2000);
  });

  it("affect the same when the versions of a package are ranked", () => {
    let questions = 0;
    for (const feed of FEEDS) {
      const table = new AdvisoryTable(feed, writeTable(readFeed(feed).records.flatMap(compileRecord)));
      for (const [key, advisories] of table.entries()) {
        if (advisories.length < 40) continue;
        const type = TYPES[Object.keys(TYPES).find((name) => key.startsWith(`${TYPES[name]}/`)) ?? ""] ?? "npm";
        const order = VERSION_ORDERS[type];
        const ranked = new RankedOrder(order, advisories);
        const bounds = new Set(advisories.flatMap(({ ranges }) => ranges.flat().map(([, version]) => version)));
        for (const version of [...bounds].slice(-10).flatMap((bound) => [bound, ...neighbours(type, bound)])) {
          for (const advisory of advisories) {
            questions += 1;
            if (affects(advisory, version, ranked) !== affects(advisory, version, order))
              assert.fail(`${advisory.id} ${key}@${version}`);
          }
        }
      }
    }
    assert.ok(questions > 100_000);
  });

  it("are found in the tables of their feeds", () => {
    for (const feed of FEEDS) {
      const entries = readFeed(feed).records.flatMap(compileRecord);
      const table = new AdvisoryTable(feed, writeTable(entries));
      for (const { pkg, advisory } of entries) {
        assert.ok(
          table.lookup(pkg).some(({ id }) => id === advisory.id),
          `${advisory.id} ${pkg.name}`,
        );
        assert.deepEqual(table.lookup({ ...pkg, name: `${pkg.name}-no-such-package` }), []);
      }
    }
  });
});
