/**
 * Data that nobody here made up, for tests that run over thousands of rows: other projects' tables and advisory
 * databases. They lie outside the repository, in the folder that CORDON_DATA names, or in ../shared/data beside it.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { checkOsvRecord } from "../../core/advisories/osv.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";

const FOLDER = process.env["CORDON_DATA"]
  ? resolve(process.env["CORDON_DATA"])
  : fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** A suite over the data; one skipped test that says why where the folder is missing. */
export function describeData(name: string, suite: () => void): void {
  if (existsSync(FOLDER)) {
    describe(name, suite);
    return;
  }
  const reason = `${name}: there is no folder ${FOLDER}; CORDON_DATA names another`;
  console.log(reason);
  describe(name, () => it("runs over the data", { skip: reason }, () => {}));
}

export function dataPath(path: string): string {
  return resolve(FOLDER, path);
}

export function readText(path: string): string {
  return readFileSync(dataPath(path), "utf8");
}

/** The caller knows the file's form. */
export function readJson<T>(path: string): T {
  return JSON.parse(readText(path));
}

export const FEEDS = [
  "osv-malicious-npm",
  "osv-malicious-lwa-npm",
  "osv-malicious-pypi",
  "osv-malicious-crates",
  "osv-malicious-go",
  "osv-advisories-npm",
  "osv-advisories-pypi",
  "osv-advisories-crates",
  "osv-advisories-go",
] as const;
export type Feed = (typeof FEEDS)[number];

export interface FeedContent {
  readonly records: readonly OsvRecord[];
  /** Ids of lines that are no JSON, and of records that the schema refuses. */
  readonly refused: readonly string[];
}

const contents = new Map<Feed, FeedContent>();

/** Reads a feed once. */
export function readFeed(feed: Feed): FeedContent {
  const known = contents.get(feed);
  if (known) return known;
  const bytes = gunzipSync(readFileSync(dataPath(`advisories/${feed}.ndjson.gz`)));
  const records: OsvRecord[] = [];
  const refused: string[] = [];
  for (const line of bytes.toString("utf8").split("\n").filter(Boolean)) {
    const record = parseLine(line);
    if (checkOsvRecord.is(record)) records.push(record);
    else refused.push(/"id":"([^"]+)"/.exec(line)?.[1] ?? line.slice(0, 40));
  }
  const content = { records, refused };
  contents.set(feed, content);
  return content;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Cases of a pytest table. */
export interface PytestTables {
  readonly parametrized: readonly { readonly test: string; readonly cases: readonly unknown[] }[];
}

/** The caller knows the form of the test's cases. */
export function casesOf<T>({ parametrized }: PytestTables, test: string): readonly T[] {
  return parametrized.filter((table) => table.test === test).flatMap(({ cases }) => cases as readonly T[]);
}
