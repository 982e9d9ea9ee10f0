/**
 * A feed as it was last pulled: one SQLite file of compiled records, and the table written from it. A pull is one
 * transaction, in which the table is written to a file of its own and named; so what fails half-way leaves the last good
 * state, and records and table never tell of two. Memory does not grow with the feed.
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { advisoryKey, affectsSomething, examineRecord } from "../../core/advisories/osv.ts";
import { formatAdvisory, type TableRow, tableChunks } from "../../core/advisories/table.ts";
import { readBytes } from "../../core/source/files.ts";
import { oneLine } from "../../core/words.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import { STATE_FOLDER } from "../own-state.ts";

/** Where a repository's pulled feeds lie. */
export function snapshotDir(repository: string, feed: string): string {
  return join(repository, STATE_FOLDER, "intel", feed);
}

/** What is known of a feed's last pull. */
export interface SnapshotStatus {
  /** When the feed was last asked with success, RFC 3339. */
  readonly fetched: string;
  /** The feed's own name for the state: a commit, an ETag, a digest. */
  readonly version: string | null;
  readonly records: number;
  readonly withdrawn: number;
  /** Records that affect something: neither withdrawn, nor empty, nor on other ecosystems alone. */
  readonly effective: number;
  readonly packages: number;
  /** The latest `modified` of all records. */
  readonly newest: string | null;
  readonly problems: number;
  /** Records that say less than they seem to. */
  readonly notes: number;
}

/** A record that could not be used, or not in full, and why. */
export interface SnapshotProblem {
  readonly path: string;
  readonly message: string;
}

const DATABASE = "records.sqlite";
const MAX_LISTED = 1000;
const MAX_NOTE = 300;
const MAX_TABLE_BYTES = 1024 * 1024 * 1024;

/** Raised with each change to how records are compiled or stored: a feed that says "unchanged" would keep the old form. */
const FORMAT = 2;

const PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";

/** Of another format nothing is kept; the next pull reads everything. */
const SCHEMA = `
  BEGIN IMMEDIATE;
  DROP TABLE IF EXISTS meta;
  DROP TABLE IF EXISTS record;
  DROP TABLE IF EXISTS entry;
  DROP TABLE IF EXISTS problem;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE record (
    id TEXT PRIMARY KEY, modified TEXT NOT NULL, withdrawn INTEGER NOT NULL, effective INTEGER NOT NULL,
    path TEXT NOT NULL, note TEXT
  ) WITHOUT ROWID;
  CREATE INDEX record_path ON record (path);
  CREATE TABLE entry (key BLOB, id TEXT, advisory TEXT NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
  CREATE INDEX entry_id ON entry (id);
  CREATE TABLE problem (path TEXT, line INTEGER, message TEXT NOT NULL, PRIMARY KEY (path, line)) WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT};
  COMMIT;
`;

export class FeedSnapshot {
  readonly #dir: string;
  readonly #db: DatabaseSync;
  readonly #statements: Readonly<Record<"add" | "replace" | "entry" | "forgetEntries" | "problem", StatementSync>>;

  /** Opens, or makes, the snapshot in `dir`. */
  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    this.#db = new DatabaseSync(join(dir, DATABASE));
    this.#db.exec(PRAGMAS);
    if (this.#db.prepare("PRAGMA user_version").get()?.["user_version"] !== FORMAT) this.#db.exec(SCHEMA);
    this.#statements = {
      add: this.#db.prepare("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)"),
      replace: this.#db.prepare("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)"),
      entry: this.#db.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)"),
      forgetEntries: this.#db.prepare("DELETE FROM entry WHERE id = ?"),
      problem: this.#db.prepare("INSERT OR REPLACE INTO problem VALUES (?, ?, ?)"),
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
    this.#sweep();
  }

  /** Forgets all records and problems, before a feed is read whole. */
  clear(): void {
    this.#db.exec("DELETE FROM record; DELETE FROM entry; DELETE FROM problem;");
  }

  /** Stores a record that stands in the file `path`, in place of one with its id. */
  put(record: OsvRecord, path: string): void {
    const { entries, notes } = examineRecord(record);
    const values = [
      record.id,
      record.modified,
      record.withdrawn ? 1 : 0,
      entries.some(({ advisory }) => affectsSomething(advisory)) ? 1 : 0,
      path,
      notes.length > 0 ? oneLine(notes.map(({ message }) => message).join("; "), MAX_NOTE) : null,
    ] as const;
    if (this.#statements.add.run(...values).changes === 0) {
      this.#statements.forgetEntries.run(record.id);
      this.#statements.replace.run(...values);
    }
    for (const { pkg, advisory } of entries) {
      this.#statements.entry.run(Buffer.from(advisoryKey(pkg)), record.id, formatAdvisory(advisory));
    }
  }

  /**
   * Forgets what a file said, before it is read again or because it is gone. An id that several files have belongs to
   * the one that was read last, and goes with it; problems that are not listed stay counted until everything is read.
   */
  forgetFile(path: string): void {
    this.#db.prepare("DELETE FROM entry WHERE id IN (SELECT id FROM record WHERE path = ?)").run(path);
    this.#db.prepare("DELETE FROM record WHERE path = ?").run(path);
    const { changes } = this.#db.prepare("DELETE FROM problem WHERE path = ?").run(path);
    this.#countProblems(-Number(changes));
  }

  /** Lists a record that could not be used; `line` is 0 where it is the whole file. The first thousand are listed, all are counted. */
  reject(path: string, line: number, message: string): void {
    if (this.#countProblems(1) <= MAX_LISTED) this.#statements.problem.run(path, line, message);
  }

  #countProblems(more: number): number {
    const count = Number(this.get("problems") ?? 0) + more;
    this.set("problems", String(count));
    return count;
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

  /** status() and tableFile() of one and the same pull, whatever another process stores meanwhile. */
  current(): [status: SnapshotStatus | undefined, tableFile: string | undefined] {
    this.#db.exec("BEGIN");
    try {
      return [this.status(), this.tableFile()];
    } finally {
      this.#db.exec("COMMIT");
    }
  }

  /** Counts what is stored, which takes a look at every row; status() tells the result from then on. */
  count(): void {
    const row = this.#db
      .prepare(
        `SELECT count(*) AS records, ifnull(sum(withdrawn), 0) AS withdrawn, ifnull(sum(effective), 0) AS effective,
          count(note) AS notes, max(modified) AS newest FROM record`,
      )
      .get();
    const packages = this.#db.prepare("SELECT count(DISTINCT key) AS packages FROM entry").get();
    this.set("counts", JSON.stringify({ ...row, ...packages }));
  }

  problems(): SnapshotProblem[] {
    return this.#list(
      "SELECT path || iif(line > 0, ':' || line, '') AS path, message FROM problem ORDER BY problem.path, line",
    );
  }

  /** The first thousand records that say less than they seem to. */
  notes(): SnapshotProblem[] {
    return this.#list(
      `SELECT path, id || ': ' || note AS message FROM record WHERE note IS NOT NULL ORDER BY path, id LIMIT ${MAX_LISTED}`,
    );
  }

  #list(query: string): SnapshotProblem[] {
    return this.#db.prepare(query).all() as unknown as SnapshotProblem[];
  }

  /** Writes the table and its compressed form beside the last ones; they take their place when the transaction is kept. */
  async writeTable(): Promise<void> {
    const generation = String(Number(this.get("table") ?? 0) + 1);
    const table = this.#tableFile(generation);
    const rows = this.#db
      .prepare("SELECT CAST(key AS TEXT) AS key, advisory FROM entry ORDER BY entry.key, id")
      .iterate() as unknown as Iterable<TableRow>;
    await pipeline(Readable.from(tableChunks(rows)), createWriteStream(table, { flush: true }));
    await pipeline(
      createReadStream(table),
      createGzip({ level: 6 }),
      createWriteStream(`${table}.gz`, { flush: true }),
    );
    this.set("table", generation);
  }

  /** The table that belongs to the records, its compressed form beside it with `.gz`; undefined where one of them is missing. */
  tableFile(): string | undefined {
    const generation = this.get("table");
    const file = generation && this.#tableFile(generation);
    return file && existsSync(file) && existsSync(`${file}.gz`) ? file : undefined;
  }

  #tableFile(generation: string): string {
    return join(this.#dir, `table-${generation}.tsv`);
  }

  /** Removes old tables, but for the one that a reader may have open. */
  #sweep(): void {
    const newest = Number(this.get("table") ?? 0);
    const kept = [newest, newest - 1].map((generation) => `table-${generation}.tsv`);
    for (const name of readdirSync(this.#dir))
      if (/^table.*\.tsv(\.gz)?$/.test(name) && !kept.includes(name.replace(/\.gz$/, "")))
        rmSync(join(this.#dir, name), { force: true });
  }
}

/** The tables of a feed as its last pull left them; undefined where it was never pulled. */
export function readSnapshotTable(
  dir: string,
): { table: Uint8Array; gzip: Uint8Array; status: SnapshotStatus } | undefined {
  if (!existsSync(join(dir, DATABASE))) return undefined;
  const snapshot = new FeedSnapshot(dir);
  try {
    const [status, file] = snapshot.current();
    if (!status || !file) return undefined;
    return { table: readBytes(file, MAX_TABLE_BYTES), gzip: readBytes(`${file}.gz`, MAX_TABLE_BYTES), status };
  } finally {
    snapshot.close();
  }
}
