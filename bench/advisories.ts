/**
 * The advisory table at ten times today's size: 500,000 verdicts. Each figure stands beside the goal that it is held to;
 * nothing is asserted. `node bench/advisories.ts [VERDICTS]`
 */
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pullFeed } from "../cli/intel/pull.ts";
import { readSnapshotTable } from "../cli/intel/snapshot.ts";
import { PackageFindings } from "../core/advisories/findings.ts";
import { compileRecord } from "../core/advisories/osv.ts";
import { AdvisoryTable, writeTable } from "../core/advisories/table.ts";
import { buildBundle } from "../core/bundle/build.ts";
import type { OsvRecord } from "../schemas/types/advisory.ts";

const VERDICTS = Number(process.argv[2] ?? 500_000);
const LOOKUPS = 200_000;
const RELEASES = 500;
const RECORDS = 400;
const folder = mkdtempSync(join(tmpdir(), "cordon-bench-"));

const row = (name: string, value: string, goal: string): void =>
  console.log(`${name.padEnd(44)} ${value.padStart(16)}   goal ${goal}`);
const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const nameOf = (index: number): string => `package-${((index * 2_654_435_761) >>> 0).toString(36)}`;

/** One package as tensorflow is: each record lists versions, and has several ranges. */
function* manyRecords(): Generator<OsvRecord> {
  for (let index = 0; index < RECORDS; index++) {
    const versions = Array.from({ length: 80 }, (_, release) => `0.${release}.${index % 7}`);
    const events = [1, 2, 3].flatMap((major) => [
      { introduced: `${major}.${index % 50}.0` },
      { fixed: `${major}.${(index % 50) + 40}.0rc1` },
    ]);
    yield {
      id: `PYSEC-2026-${index}`,
      modified: "2026-11-01T00:00:00Z",
      affected: [{ package: { ecosystem: "PyPI", name: "m" }, versions, ranges: [{ type: "ECOSYSTEM", events }] }],
    };
  }
}

function* records(): Generator<string> {
  for (let index = 0; index < VERDICTS; index++) {
    const versions =
      index % 4 === 0
        ? { versions: ["1.0.0", "1.0.1"] }
        : { ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }] };
    const affected = [{ package: { ecosystem: "npm", name: nameOf(index) }, ...versions }];
    const id = `MAL-2026-${index}`;
    yield `${JSON.stringify({ id, modified: "2026-11-01T00:00:00Z", published: "2026-10-01T00:00:00Z", summary: `Malicious code in ${nameOf(index)} (npm)`, affected, references: [{ type: "WEB", url: `https://advisories.example/${id}` }] })}\n`;
  }
}

try {
  await pipeline(Readable.from(records()), createWriteStream(join(folder, "records.ndjson")));
  const dir = join(folder, "intel");
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const pullStart = performance.now();
  await pullFeed(
    { name: "bench", kind: "directory", path: "records.ndjson" },
    {
      repository: folder,
      dir,
      fetch: () => Promise.reject(new Error("offline")),
      now: () => new Date(),
      progress: () => {},
    },
    false,
  );
  row(
    `compile ${VERDICTS.toLocaleString("en-US")} records`,
    `${((performance.now() - pullStart) / 1000).toFixed(1)} s`,
    "30 s",
  );
  clearInterval(watch);
  row("memory while compiling, at the most", megabytes(peak), "1000 MB");

  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const loadStart = process.cpuUsage();
  const snapshot = readSnapshotTable(dir);
  if (!snapshot) throw new Error("no snapshot");
  const table = new AdvisoryTable("bench", snapshot.table);
  row("load the table and its compressed form", `${cpuMs(loadStart).toFixed(0)} ms CPU`, "200 ms");
  row("memory of both", megabytes(process.memoryUsage().rss - before), "120 MB");
  row("table, compressed", `${megabytes(snapshot.table.length)}, ${megabytes(snapshot.gzip.length)}`, "-");

  for (const [name, hit] of [
    ["look-ups that hit", true],
    ["look-ups that miss", false],
  ] as const) {
    const start = process.cpuUsage();
    let found = 0;
    for (let index = 0; index < LOOKUPS; index++) {
      const id = { type: "npm", name: hit ? nameOf((index * 7919) % VERDICTS) : `absent-${index}` } as const;
      found += new PackageFindings(id, [table]).affecting("1.0.0").length;
    }
    if (hit !== found > 0) throw new Error(`${name}: ${found}`);
    row(name, `${Math.round(LOOKUPS / (cpuMs(start) / 1000)).toLocaleString("en-US")} /s`, "50,000 /s");
  }

  const many = new AdvisoryTable("many", writeTable([...manyRecords()].flatMap(compileRecord)));
  const judgeStart = process.cpuUsage();
  const findings = new PackageFindings({ type: "pypi", name: "m" }, [many]);
  for (let release = 0; release < RELEASES; release++) findings.affecting(`${release % 10}.${release}.1`);
  row(`${RELEASES} PyPI releases, ${RECORDS} records on them`, `${cpuMs(judgeStart).toFixed(0)} ms CPU`, "500 ms");

  const buildStart = performance.now();
  const { records: entries, newest, fetched, version } = snapshot.status;
  buildBundle({
    source: { policies: [], lists: [], approvals: [] },
    feeds: [{ name: "bench", entries, newest, fetched, version, table: snapshot.table, gzip: snapshot.gzip }],
    channel: "stable",
    epoch: 0,
    revision: 1,
    previous: null,
    created: new Date(),
    lifetimeMs: 1000,
    repository: null,
    commit: null,
    generator: { name: "cordon", version: "bench" },
  });
  row("rebuild after a policy change", `${(performance.now() - buildStart).toFixed(0)} ms`, "2000 ms");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
