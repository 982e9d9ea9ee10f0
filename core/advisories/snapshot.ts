/**
 * A feed as it was last pulled: one SQLite file of compiled records, and the table written from it. A pull is one
 * transaction, so what fails half-way leaves the last good state; memory does not grow with the feed.
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import { readBytes } from "../source/files.ts";
import { advisoryKey, compileRecord } from "./osv.ts";
import { formatAdvisory } from "./table.ts";

/** What is known of a feed's last pull. */
export interface SnapshotStatus {
  /** When the feed was last asked with success, RFC 3339. */
  readonly fetched: string;
  /** The feed's own name for the state: a commit, an ETag, a digest. */
  readonly version: string | null;
  readonly records: number;
  readonly withdrawn: number;
  readonly packages: number;
  /** The latest `modified` of all records. */
  readonly newest: string | null;
  readonly problems: number;
}

/** A record that could not be used, and why. */
export interface SnapshotProblem {
  readonly path: string;
  readonly message: string;
}

const DATABASE = "records.sqlite";
const TABLE = "table.tsv";
const TABLE_GZIP = "table.tsv.gz";
const MAX_PROBLEMS = 1000;
const MAX_TABLE_BYTES = 1024 * 1024 * 1024;

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, modified TEXT NOT NULL, withdrawn INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entry (key BLOB, id TEXT, advisory TEXT NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS entry_id ON entry (id);
  CREATE TABLE IF NOT EXISTS problem (path TEXT PRIMARY KEY, message TEXT NOT NULL) WITHOUT ROWID;
`;

export class FeedSnapshot {
  readonly #dir: string;
  readonly #db: DatabaseSync;
  readonly #statements: Readonly<
    Record<"add" | "replace" | "entry" | "forget" | "forgetEntries" | "problem", StatementSync>
  >;

  /** Opens, or makes, the snapshot in `dir`. */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    this.#db = new DatabaseSync(join(dir, DATABASE));
    this.#db.exec(SCHEMA);
    this.#statements = {
      add: this.#db.prepare("INSERT OR IGNORE INTO record VALUES (?, ?, ?)"),
      replace: this.#db.prepare("INSERT OR REPLACE INTO record VALUES (?, ?, ?)"),
      entry: this.#db.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)"),
      forget: this.#db.prepare("DELETE FROM record WHERE id = ?"),
      forgetEntries: this.#db.prepare("DELETE FROM entry WHERE id = ?"),
      problem: this.#db.prepare("INSERT OR REPLACE INTO problem VALUES (?, ?)"),
    };
  }

  close(): void {
    this.#db.close();
  }

  /** Runs a pull: all of it is kept, or nothing. */
  async transaction(run: () => Promise<void>): Promise<void> {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      await run();
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Forgets all records and problems, before a feed is read whole. */
  clear(): void {
    this.#db.exec("DELETE FROM record; DELETE FROM entry; DELETE FROM problem;");
  }

  put(record: OsvRecord): void {
    const values = [record.id, record.modified, record.withdrawn ? 1 : 0] as const;
    if (this.#statements.add.run(...values).changes === 0) {
      this.#statements.forgetEntries.run(record.id);
      this.#statements.replace.run(...values);
    }
    for (const { pkg, advisory } of compileRecord(record)) {
      this.#statements.entry.run(Buffer.from(advisoryKey(pkg)), record.id, formatAdvisory(advisory));
    }
  }

  remove(id: string): void {
    this.#statements.forgetEntries.run(id);
    this.#statements.forget.run(id);
  }

  /** Notes a record that could not be used; the first thousand are listed, all are counted. */
  reject(path: string, message: string): void {
    const count = Number(this.get("problems") ?? 0) + 1;
    this.set("problems", String(count));
    if (count <= MAX_PROBLEMS) this.#statements.problem.run(path, message);
  }

  get(key: string): string | undefined {
    return this.#db.prepare("SELECT value FROM meta WHERE key = ?").get(key)?.["value"] as string | undefined;
  }

  set(key: string, value: string | undefined): void {
    if (value === undefined) this.#db.prepare("DELETE FROM meta WHERE key = ?").run(key);
    else this.#db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)").run(key, value);
  }

  /** As the last pull left it; undefined before the first. */
  status(): SnapshotStatus | undefined {
    const [fetched, counts] = [this.get("fetched"), this.get("counts")];
    if (fetched === undefined || counts === undefined) return undefined;
    return {
      fetched,
      version: this.get("version") ?? null,
      ...JSON.parse(counts),
      problems: Number(this.get("problems") ?? 0),
    };
  }

  /** Counts what is stored, which takes a look at every row; status() tells the result from then on. */
  count(): void {
    const row = this.#db
      .prepare(
        "SELECT count(*) AS records, ifnull(sum(withdrawn), 0) AS withdrawn, max(modified) AS newest FROM record",
      )
      .get();
    const packages = this.#db.prepare("SELECT count(DISTINCT key) AS packages FROM entry").get();
    this.set("counts", JSON.stringify({ ...row, ...packages }));
  }

  problems(): SnapshotProblem[] {
    return this.#db.prepare("SELECT path, message FROM problem ORDER BY path").all() as unknown as SnapshotProblem[];
  }

  /** Writes the table and its compressed form anew; readers meet the old ones or the new ones. */
  async writeTable(): Promise<void> {
    const table = join(this.#dir, TABLE);
    await pipeline(Readable.from(this.#lines()), createWriteStream(`${table}.tmp`));
    await pipeline(createReadStream(`${table}.tmp`), createGzip({ level: 6 }), createWriteStream(`${table}.gz.tmp`));
    renameSync(`${table}.gz.tmp`, join(this.#dir, TABLE_GZIP));
    renameSync(`${table}.tmp`, table);
  }

  /** As writeTable() of table.ts: keys in byte order, the advisories of one package by id. */
  *#lines(): Generator<string> {
    let key: string | undefined;
    let line = "";
    let chunk = "";
    for (const row of this.#db
      .prepare("SELECT CAST(key AS TEXT) AS key, advisory FROM entry ORDER BY entry.key, id")
      .iterate()) {
      if (row["key"] === key) line += `,${row["advisory"]}`;
      else {
        if (key !== undefined) chunk += `${line}]\n`;
        key = String(row["key"]);
        line = `${key}\t[${row["advisory"]}`;
      }
      if (chunk.length > 65_536) {
        yield chunk;
        chunk = "";
      }
    }
    yield key === undefined ? chunk : `${chunk}${line}]\n`;
  }
}

/** The tables of a feed as its last pull left them; undefined where it was never pulled. */
export function readSnapshotTable(
  dir: string,
): { table: Uint8Array; gzip: Uint8Array; status: SnapshotStatus } | undefined {
  if (!existsSync(join(dir, TABLE))) return undefined;
  const snapshot = new FeedSnapshot(dir);
  try {
    const status = snapshot.status();
    if (!status) return undefined;
    return {
      table: readBytes(join(dir, TABLE), MAX_TABLE_BYTES),
      gzip: readBytes(join(dir, TABLE_GZIP), MAX_TABLE_BYTES),
      status,
    };
  } finally {
    snapshot.close();
  }
}
