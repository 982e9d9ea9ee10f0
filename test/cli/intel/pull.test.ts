import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { type PullResult, pullFeed } from "../../../cli/intel/pull.ts";
import { FeedSnapshot, readSnapshotTable } from "../../../cli/intel/snapshot.ts";
import { compileFeed } from "../../../core/advisories/feed.ts";
import { AdvisoryTable } from "../../../core/advisories/table.ts";
import { createFetch } from "../../../core/http.ts";
import type { OsvRecord } from "../../../schemas/types/advisory.ts";
import type { Feed } from "../../../schemas/types/cordon.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { malwareRecord } from "../../support/policies.ts";
import { until } from "../../support/until.ts";
import { zip } from "../../support/zip.ts";

const records = (count: number, from = 0): OsvRecord[] =>
  Array.from({ length: count }, (_, index) =>
    malwareRecord(`pkg-${from + index}`, ["1.0.0"], `MAL-2026-${from + index}`),
  );
const ndjson = (list: readonly object[]): string => list.map((record) => `${JSON.stringify(record)}\n`).join("");

describe("pullFeed()", () => {
  let folder: Folder;
  let now = new Date("2026-11-22T12:00:00Z");

  function pull(
    feed: Partial<Feed> & Pick<Feed, "kind">,
    accept = false,
    progress: (stage: string) => void = () => {},
  ): Promise<PullResult> {
    const context = {
      repository: folder.path,
      dir: join(folder.path, "intel"),
      fetch: createFetch(),
      now: () => now,
      progress,
    };
    return pullFeed({ name: "feed", ...feed }, context, accept);
  }

  function dieWhenCompiling(stage: string): void {
    if (stage === "compiling") throw new Error("died");
  }

  function lookup(name: string): string[] {
    const snapshot = readSnapshotTable(join(folder.path, "intel"));
    return snapshot ? new AdvisoryTable("feed", snapshot.table).lookup({ type: "npm", name }).map(({ id }) => id) : [];
  }

  beforeEach(() => {
    folder?.remove();
    folder = makeFolder();
    now = new Date("2026-11-22T12:00:00Z");
  });

  after(() => folder.remove());

  describe("a directory feed", () => {
    const feed = { kind: "directory", path: "records" } as const;

    it("reads JSON, NDJSON and both with gzip, below folders, and writes the very table that compiling in memory gives", async () => {
      const all = [
        ...records(6),
        ...["\u{1f600}", "\uff5e", "A"].map((id) => malwareRecord("pkg-0", ["2.0.0"], id)),
        malwareRecord("PKG-0", ["1.0.0"], "MAL-2026-10"),
      ];
      folder.write("records/a.json", JSON.stringify(all[0]));
      folder.write("records/deep/b.ndjson", ndjson(all.slice(1, 3)));
      folder.write("records/c.ndjson.gz", gzipSync(`\n${ndjson(all.slice(3, 5))}\n`));
      folder.write("records/d.json.gz", gzipSync(JSON.stringify(all[5])));
      folder.write("records/e.jsonl", ndjson(all.slice(6)));
      folder.write("records/README.md", "not a record");
      const { status } = await pull(feed);
      assert.deepEqual(
        [status.records, status.packages, status.problems, status.newest],
        [10, 7, 0, "2026-11-01T00:00:00Z"],
      );
      const expected = compileFeed("feed", all).table;
      assert.deepEqual(
        Buffer.from(readSnapshotTable(join(folder.path, "intel"))?.table ?? []).toString(),
        Buffer.from(expected).toString(),
      );
    });

    it("counts and lists what is no record, and reads the rest", async () => {
      folder.write("records/a.ndjson", `${JSON.stringify(records(1)[0])}\n{broken\n{"id":"X"}\n[]\n`);
      const { status } = await pull(feed);
      assert.deepEqual([status.records, status.problems], [1, 3]);
      const snapshot = new FeedSnapshot(join(folder.path, "intel"));
      assert.deepEqual(
        snapshot.problems().map(({ path, message }) => [path, message.replace(/^(not JSON).*/, "$1")]),
        [
          ["a.ndjson:2", "not JSON"],
          ["a.ndjson:3", "not an OSV record: the key `modified` is missing"],
          ["a.ndjson:4", "not an OSV record: must be object"],
        ],
      );
      snapshot.close();
    });

    it("forgets a record that was withdrawn, and one that is gone", async () => {
      const [kept, withdrawn, gone] = records(3);
      folder.write("records/a.ndjson", ndjson([kept, withdrawn, gone].map((record) => record ?? {})));
      await pull(feed);
      assert.deepEqual(lookup("pkg-1"), ["MAL-2026-1"]);
      folder.write("records/a.ndjson", ndjson([kept ?? {}, { ...withdrawn, withdrawn: "2026-11-20T00:00:00Z" }]));
      const { status } = await pull({ ...feed, maxShrink: 0.7 });
      assert.deepEqual(
        [lookup("pkg-0"), lookup("pkg-1"), lookup("pkg-2"), status.withdrawn],
        [["MAL-2026-0"], [], [], 1],
      );
    });

    it("refuses a loss until it is accepted, and keeps the last good snapshot", async () => {
      folder.write("records/a.ndjson", ndjson(records(20)));
      await pull(feed);
      folder.write("records/a.ndjson", ndjson(records(17)));
      await assert.rejects(pull(feed), { code: "FEED_SHRUNK", message: "the feed feed has 17 records, and had 20" });
      assert.deepEqual(lookup("pkg-19"), ["MAL-2026-19"]);
      assert.equal((await pull(feed, true)).status.records, 17);
      assert.deepEqual(lookup("pkg-19"), []);
    });

    const emptied: readonly [string, (record: OsvRecord) => OsvRecord, RegExp][] = [
      [
        "withdrawn",
        (record) => ({ ...record, withdrawn: "2026-11-20T00:00:00Z" }),
        /0 records that affect something, and had 20/,
      ],
      ["without packages", (record) => ({ ...record, affected: [] }), /0 records that affect something, and had 20/],
      [
        "on one package",
        (record) => ({ ...record, affected: records(1)[0]?.affected ?? [] }),
        /1 packages, and had 20/,
      ],
      [
        "without versions",
        ({ affected, ...record }) => ({
          ...record,
          id: record.id.replace("MAL", "GHSA"),
          affected: (affected ?? []).map(({ package: named }) => (named ? { package: named } : {})),
        }),
        /0 records that affect something, and had 20/,
      ],
    ];
    for (const [what, change, message] of emptied) {
      it(`refuses a feed whose records are all ${what} of a sudden`, async () => {
        folder.write("records/a.ndjson", ndjson(records(20)));
        await pull(feed);
        folder.write("records/a.ndjson", ndjson(records(20).map(change)));
        await assert.rejects(pull(feed), { code: "FEED_SHRUNK", message });
        assert.deepEqual(lookup("pkg-19"), ["MAL-2026-19"]);
      });
    }

    it("lists records that say less than they seem to, apart from what is no record", async () => {
      const [whole, bare, vague] = records(3);
      folder.write(
        "records/a.ndjson",
        ndjson([
          whole ?? {},
          { ...bare, affected: [{ package: { ecosystem: "npm", name: "pkg-1" } }] },
          { ...vague, id: "GHSA-2", affected: [{ package: { ecosystem: "npm", name: "../x" }, versions: ["1.0.0"] }] },
          { ...vague, id: "GHSA-3", affected: [{ package: { ecosystem: "RubyGems", name: "x" } }] },
        ]),
      );
      const { status } = await pull(feed);
      assert.deepEqual([status.records, status.effective, status.problems, status.notes], [4, 2, 0, 2]);
      const snapshot = new FeedSnapshot(join(folder.path, "intel"));
      const notes = snapshot.notes().map(({ path, message }) => ({ path, message }));
      assert.deepEqual(notes, [
        { path: "a.ndjson", message: 'GHSA-2: npm "../x": this cannot be a name, so nothing is affected' },
        {
          path: "a.ndjson",
          message: "MAL-2026-1: npm pkg-1: neither versions nor a range that can be read, so every version is affected",
        },
      ]);
      snapshot.close();
      assert.deepEqual(lookup("pkg-1"), ["MAL-2026-1"]);
      folder.write("records/a.ndjson", ndjson(records(4)));
      assert.equal((await pull(feed)).status.notes, 0);
    });

    it("keeps table and state together when it dies while it writes the table", async () => {
      folder.write("records/a.ndjson", ndjson(records(2)));
      await pull(feed);
      folder.write("records/a.ndjson", ndjson(records(3)));
      await assert.rejects(pull(feed, false, dieWhenCompiling), /died/);
      const stale = readSnapshotTable(join(folder.path, "intel"));
      assert.equal(stale?.status.records, 2);
      assert.deepEqual(lookup("pkg-2"), []);
      await pull(feed);
      assert.deepEqual(lookup("pkg-2"), ["MAL-2026-2"]);
    });

    it("leaves a table and a compressed form that belong together, and no others for long", async () => {
      for (const size of [1, 2, 3, 4]) {
        folder.write("records/a.ndjson", ndjson(records(size)));
        await pull(feed);
        const pulled = readSnapshotTable(join(folder.path, "intel"));
        assert.deepEqual(gunzipSync(pulled?.gzip ?? ""), Buffer.from(pulled?.table ?? []));
      }
      assert.equal(readdirSync(join(folder.path, "intel")).filter((name) => name.startsWith("table")).length, 4);
    });

    it("is read anew where an older version of Cordon compiled it", async () => {
      folder.write("records/a.ndjson", ndjson(records(2)));
      await pull(feed);
      const db = new DatabaseSync(join(folder.path, "intel", "records.sqlite"));
      db.exec("PRAGMA user_version = 1");
      db.close();
      assert.equal(readSnapshotTable(join(folder.path, "intel")), undefined);
      assert.equal((await pull(feed)).before, undefined);
      assert.deepEqual(lookup("pkg-1"), ["MAL-2026-1"]);
    });

    it("refuses a feed that goes back in time", async () => {
      const [record] = records(1);
      folder.write("records/a.json", JSON.stringify(record));
      await pull(feed);
      folder.write("records/a.json", JSON.stringify({ ...record, modified: "2026-10-31T00:00:00Z" }));
      await assert.rejects(
        pull(feed),
        /went back in time: its newest record is of 2026-10-31T00:00:00Z, and was of 2026-11-01T00:00:00Z/,
      );
    });

    it("follows no link, and says where there is nothing to read", async () => {
      folder.write("outside/x.json", JSON.stringify(records(1)[0]));
      folder.write("records/README.md", "");
      symlinkSync(join(folder.path, "outside"), join(folder.path, "records", "link"));
      await assert.rejects(pull(feed), { code: "FEED_MALFORMED" });
      await assert.rejects(pull({ ...feed, path: "nowhere" }), { code: "FILE_UNREADABLE" });
    });

    it("refuses a truncated gzip and a line without end, and keeps the last good snapshot", async () => {
      folder.write("records/a.ndjson.gz", gzipSync(ndjson(records(3))));
      await pull(feed);
      for (const bytes of [
        gzipSync(ndjson(records(300))).subarray(0, 200),
        gzipSync(Buffer.alloc(9 * 1024 * 1024, "x")),
      ]) {
        folder.write("records/a.ndjson.gz", bytes);
        await assert.rejects(pull(feed), { code: "FEED_MALFORMED" });
        assert.deepEqual(lookup("pkg-2"), ["MAL-2026-2"]);
      }
    });
  });

  describe("a feed over HTTP", () => {
    let server: Server;
    let base: string;
    let answer: (request: IncomingMessage, response: ServerResponse) => void;
    let requests: { path: string; headers: IncomingMessage["headers"] }[];

    before(async () => {
      server = createServer((request, response) => {
        requests.push({ path: request.url ?? "", headers: request.headers });
        answer(request, response);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    beforeEach(() => {
      requests = [];
    });

    after(() => {
      server.closeAllConnections();
      server.close();
    });

    /** Answers with what `files` has, an ETag each, ranges included. */
    function serve(files: Readonly<Record<string, string | Buffer>>, type = "application/octet-stream"): void {
      answer = ({ url = "", headers }, response) => {
        const content = files[url];
        if (content === undefined) return response.writeHead(404).end();
        const bytes = Buffer.from(content as string);
        const etag = `"${bytes.length}"`;
        if (headers["if-none-match"] === etag) return response.writeHead(304).end();
        const from = headers["if-range"] === etag ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0) : 0;
        const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
        return response
          .writeHead(from > 0 ? 206 : 200, {
            "content-type": type,
            etag,
            "content-length": bytes.length - from,
            ...range,
          })
          .end(bytes.subarray(from));
      };
    }

    describe("of one file", () => {
      const url = () => ({ kind: "url", url: `${base}/feed.ndjson` }) as const;

      it("is fetched once, and then asked for changes only", async () => {
        serve({ "/feed.ndjson": ndjson(records(3)) });
        assert.equal((await pull(url())).changed, true);
        now = new Date("2026-11-22T13:00:00Z");
        const again = await pull(url());
        assert.equal(again.changed, false);
        assert.equal(again.status.fetched, "2026-11-22T13:00:00Z");
        assert.match(requests[1]?.headers["if-none-match"] ?? "", /^"\d+"$/);
      });

      it("writes a table that is missing or was never finished, also when the feed has nothing new", async () => {
        serve({ "/feed.ndjson": ndjson(records(3)) });
        await assert.rejects(pull(url(), false, dieWhenCompiling), /died/);
        await pull(url());
        assert.deepEqual(lookup("pkg-2"), ["MAL-2026-2"]);
        for (const name of readdirSync(join(folder.path, "intel"))) {
          if (name.endsWith(".gz")) rmSync(join(folder.path, "intel", name));
        }
        assert.equal(readSnapshotTable(join(folder.path, "intel")), undefined);
        assert.equal((await pull(url())).changed, false);
        assert.deepEqual(lookup("pkg-2"), ["MAL-2026-2"]);
      });

      /** Of a transfer that is under way. */
      const partBytes = () =>
        readdirSync(join(folder.path, "intel"), { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".part"))
          .reduce((sum, name) => sum + statSync(join(folder.path, "intel", name)).size, 0);

      it("goes on where a transfer broke off", async () => {
        const bytes = Buffer.from(ndjson(records(5000)));
        answer = (_request, response) => {
          response.writeHead(200, { etag: `"${bytes.length}"`, "content-length": bytes.length });
          response.write(bytes.subarray(0, 500_000));
          void until(() => partBytes() > 0).then(() => response.destroy());
        };
        await assert.rejects(pull(url()), { code: "UPSTREAM_UNREACHABLE" });
        serve({ "/feed.ndjson": bytes });
        assert.equal((await pull(url())).status.records, 5000);
        assert.match(requests[1]?.headers.range ?? "", /^bytes=[1-9]\d+-$/);
      });

      it("starts anew where the file has changed since", async () => {
        const old = Buffer.from(ndjson(records(5000)));
        answer = (_request, response) => {
          response.writeHead(200, { etag: '"old"', "content-length": old.length });
          response.write(old.subarray(0, 500_000), () => setTimeout(() => response.destroy(), 50));
        };
        await assert.rejects(pull(url()));
        serve({ "/feed.ndjson": ndjson(records(7)) });
        assert.equal((await pull(url())).status.records, 7);
      });

      const BROKEN: readonly [name: string, code: string, answer: (response: ServerResponse) => void][] = [
        ["an error page", "UPSTREAM_STATUS", (response) => response.writeHead(500).end("oops")],
        [
          "another content type",
          "FEED_MALFORMED",
          (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
        ],
        [
          "a redirect to another origin",
          "UPSTREAM_STATUS",
          (response) => response.writeHead(302, { location: "http://127.0.0.2:9/x" }).end(),
        ],
      ];
      for (const [name, code, broken] of BROKEN) {
        it(`keeps the last good snapshot when the answer is ${name}`, async () => {
          serve({ "/feed.ndjson": ndjson(records(2)) });
          await pull(url());
          answer = (_request, response) => broken(response);
          await assert.rejects(pull(url()), { code });
          assert.deepEqual(lookup("pkg-1"), ["MAL-2026-1"]);
        });
      }

      it("must have a URL that can be fetched", async () => {
        await assert.rejects(pull({ kind: "url", url: "file:///etc/passwd" }), { code: "USAGE" });
      });
    });

    describe("of an OSV export", () => {
      const feed = () => ({ kind: "osv-export", ecosystem: "npm", url: base }) as const;
      const archive = (list: readonly OsvRecord[]) =>
        zip(list.map((record) => ({ name: `${record.id}.json`, content: JSON.stringify(record) })));
      const day = (day: number) => `2026-11-${String(day).padStart(2, "0")}T00:00:00Z`;

      it("is read whole first, and then what was modified since", async () => {
        const [first, second] = records(2);
        serve({
          "/npm/all.zip": archive([first, second].filter((record) => record !== undefined)),
          "/npm/modified_id.csv": `${day(2)},MAL-2026-1\n${day(1)},MAL-2026-0\n`,
        });
        assert.equal((await pull(feed())).status.records, 2);
        const third = malwareRecord("pkg-3", ["1.0.0"], "MAL-2026-3");
        serve({
          "/npm/modified_id.csv": `${day(4)},MAL-2026-3\n${day(3)},MAL-2026-1\n${day(2)},MAL-2026-1\n${day(1)},MAL-2026-0\n`,
          "/npm/MAL-2026-3.json": JSON.stringify({ ...third, modified: day(4) }),
          "/npm/MAL-2026-1.json": JSON.stringify({ ...second, modified: day(3), withdrawn: day(3) }),
        });
        requests = [];
        const { status } = await pull(feed());
        assert.deepEqual([status.records, status.withdrawn, status.version], [3, 1, day(4)]);
        assert.deepEqual([lookup("pkg-0"), lookup("pkg-1"), lookup("pkg-3")], [["MAL-2026-0"], [], ["MAL-2026-3"]]);
        assert.ok(!requests.some(({ path }) => path.endsWith("all.zip")));
        assert.equal((await pull(feed())).changed, false);
      });

      it("is read whole again after a week, so that records which vanished are seen", async () => {
        const list = `${day(1)},MAL-2026-0\n`;
        serve({ "/npm/all.zip": archive(records(20)), "/npm/modified_id.csv": list });
        await pull(feed());
        now = new Date("2026-11-30T12:00:00Z");
        serve({ "/npm/all.zip": archive(records(19)), "/npm/modified_id.csv": list });
        assert.equal((await pull(feed())).status.records, 19);
      });

      const HOSTILE: readonly [name: string, bytes: () => Buffer, text: RegExp][] = [
        ["a truncated archive", () => archive(records(50)).subarray(0, 2000), /cannot be read/],
        ["no archive", () => Buffer.from("<html>"), /cannot be read/],
        [
          "an entry that leads out of the archive",
          () => zip([{ name: "../../evil.json", content: "{}" }]),
          /relative path/,
        ],
        ["an entry with an absolute path", () => zip([{ name: "/etc/evil.json", content: "{}" }]), /absolute path/],
        [
          "an entry that says it is huge",
          () => zip([{ name: "a.json", content: Buffer.alloc(9 * 1024 * 1024, " ") }]),
          /unpacks to 9437184 bytes/,
        ],
        [
          "an entry that unpacks to more than it says",
          () => zip([{ name: "a.json", content: Buffer.alloc(9 * 1024 * 1024, " "), claimedSize: 10 }]),
          /cannot be read/,
        ],
      ];
      for (const [name, bytes, text] of HOSTILE) {
        it(`is refused as a whole when it is ${name}, and the last good snapshot stays`, async () => {
          serve({ "/npm/all.zip": archive(records(3)) });
          await pull(feed());
          serve({ "/npm/all.zip": bytes() });
          await assert.rejects(
            pull(feed()),
            (error: Error & { code: string }) => error.code === "FEED_MALFORMED" && text.test(error.message),
          );
          assert.deepEqual(lookup("pkg-2"), ["MAL-2026-2"]);
          assert.ok(!existsSync(join(folder.path, "evil.json")));
        });
      }

      it("refuses a list of changes that names what is no id", async () => {
        serve({ "/npm/all.zip": archive(records(1)), "/npm/modified_id.csv": `${day(1)},MAL-2026-0\n` });
        await pull(feed());
        serve({ "/npm/modified_id.csv": `${day(2)},../../x\n` });
        await assert.rejects(pull(feed()), { code: "FEED_MALFORMED" });
      });
    });
  });

  describe("a git feed", () => {
    const git = (...args: string[]): string =>
      execFileSync(
        "git",
        ["-c", "user.name=t", "-c", "user.email=t@example", "-c", "init.defaultBranch=main", ...args],
        {
          cwd: join(folder.path, "remote"),
          encoding: "utf8",
        },
      );
    const commit = (message: string): void => {
      git("add", "-A");
      git("commit", "-q", "-m", message);
    };
    const write = (record: OsvRecord, name = `osv/${record.id}.json`): string =>
      folder.write(`remote/${name}`, JSON.stringify(record));
    const feed = () => ({ kind: "git", url: join(folder.path, "remote"), path: "osv" }) as const;

    beforeEach(() => {
      folder.write("remote/README.md", "records");
      git("init", "-q");
      for (const record of records(3)) write(record);
      commit("first");
    });

    it("is fetched shallow, and then only what changed is read: added, changed, removed, withdrawn", async () => {
      const first = await pull(feed());
      assert.equal(first.status.records, 3);
      assert.equal(first.status.version, git("rev-parse", "HEAD").trim());
      write(malwareRecord("pkg-9", ["1.0.0"], "MAL-2026-9"));
      write({ ...malwareRecord("pkg-0", ["2.0.0"], "MAL-2026-0"), modified: "2026-11-02T00:00:00Z" });
      write({ ...malwareRecord("pkg-1", ["1.0.0"], "MAL-2026-1"), withdrawn: "2026-11-02T00:00:00Z" });
      rmSync(join(folder.path, "remote", "osv", "MAL-2026-2.json"));
      commit("second");
      const { status } = await pull({ ...feed(), maxShrink: 0.5 });
      assert.deepEqual([status.records, status.withdrawn, status.version], [3, 1, git("rev-parse", "HEAD").trim()]);
      assert.deepEqual(["pkg-0", "pkg-1", "pkg-2", "pkg-9"].map(lookup), [["MAL-2026-0"], [], [], ["MAL-2026-9"]]);
      assert.equal((await pull(feed())).changed, false);
    });

    it("keeps a record that moves to another folder, under the same name or another", async () => {
      await pull(feed());
      git("mv", "osv/MAL-2026-0.json", "osv/0.json");
      folder.write("remote/osv/deep/README.md", "");
      git("mv", "osv/MAL-2026-1.json", "osv/deep/MAL-2026-1.json");
      commit("moved");
      const { status } = await pull(feed());
      assert.equal(status.records, 3);
      assert.deepEqual([lookup("pkg-0"), lookup("pkg-1")], [["MAL-2026-0"], ["MAL-2026-1"]]);
    });

    it("forgets what a file no longer has, whatever the file is named", async () => {
      folder.write("remote/osv/many.ndjson", ndjson(records(20, 10)));
      write(malwareRecord("odd", ["1.0.0"], "MAL-2026-99"), "osv/odd.json");
      folder.write("remote/osv/broken.json", "{");
      commit("many");
      assert.equal((await pull(feed())).status.problems, 1);
      folder.write("remote/osv/many.ndjson", ndjson(records(19, 10)));
      write(malwareRecord("mended", ["1.0.0"], "MAL-2026-98"), "osv/broken.json");
      rmSync(join(folder.path, "remote", "osv", "odd.json"));
      commit("fewer");
      const { status } = await pull(feed());
      assert.deepEqual([status.records, status.problems], [23, 0]);
      assert.deepEqual(["pkg-28", "pkg-29", "odd", "mended"].map(lookup), [["MAL-2026-28"], [], [], ["MAL-2026-98"]]);
    });

    it("reads no link of the repository as what it points to", async () => {
      folder.write("secret.json", JSON.stringify(malwareRecord("secret", ["1.0.0"], "MAL-2026-66")));
      symlinkSync(join(folder.path, "secret.json"), join(folder.path, "remote", "osv", "link.json"));
      commit("link");
      const { status } = await pull(feed());
      assert.deepEqual([status.records, status.problems, lookup("secret")], [3, 1, []]);
    });

    it("keeps the last good snapshot when the remote is gone, without telling a password", async () => {
      await pull(feed());
      rmSync(join(folder.path, "remote"), { recursive: true });
      await assert.rejects(pull(feed()), { code: "UPSTREAM_UNREACHABLE" });
      await assert.rejects(
        pull({ ...feed(), url: "http://user:hunter2@127.0.0.1:9/x.git" }),
        (error: Error) => !error.message.includes("hunter2"),
      );
      assert.deepEqual(lookup("pkg-0"), ["MAL-2026-0"]);
    });

    it("does not read outside its repository", async () => {
      await assert.rejects(pull({ ...feed(), path: "../.." }), { code: "USAGE" });
    });

    it("runs nothing of the remote", async () => {
      const marker = join(folder.path, "ran");
      folder.write("remote/.gitattributes", "*.json filter=evil\n");
      folder.write("remote/.git/hooks/post-checkout", `#!/bin/sh\ntouch ${marker}\n`);
      commit("hostile");
      await pull(feed());
      assert.ok(!existsSync(marker));
      assert.ok(readFileSync(join(folder.path, "intel", "clone", "osv", "MAL-2026-0.json"), "utf8").includes("pkg-0"));
    });

    describe("whose clone is somebody else's repository", () => {
      const theirs = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example", ...args], {
          cwd: join(folder.path, "theirs"),
          encoding: "utf8",
        }).trim();
      const clone = () => join(folder.path, "intel", "clone");
      let before: string;

      beforeEach(() => {
        folder.write("theirs/osv/reviewed.txt", "reviewed");
        theirs("init", "-q", "-b", "main");
        theirs("add", ".");
        theirs("commit", "-qm", "theirs");
        before = theirs("rev-parse", "HEAD");
      });

      const refused = async () => {
        await assert.rejects(pull(feed()), { code: "FILE_UNREADABLE", message: /is no clone of its own/ });
        assert.equal(theirs("rev-parse", "HEAD"), before);
        assert.equal(theirs("status", "--porcelain"), "");
      };

      for (const [what, make] of Object.entries({
        "by a link to it": () => {
          mkdirSync(join(folder.path, "intel"));
          symlinkSync(join(folder.path, "theirs"), clone());
        },
        "by a link to its .git": () => {
          mkdirSync(clone(), { recursive: true });
          symlinkSync(join(folder.path, "theirs", ".git"), join(clone(), ".git"));
        },
        "by a file that names its .git": () =>
          folder.write("intel/clone/.git", `gitdir: ${join(folder.path, "theirs", ".git")}\n`),
        "by its own setting": () => {
          mkdirSync(clone(), { recursive: true });
          execFileSync("git", ["init", "-q"], { cwd: clone() });
          execFileSync("git", ["config", "core.worktree", join(folder.path, "theirs")], { cwd: clone() });
        },
      })) {
        it(`${what}, is refused before anything is fetched or checked out`, async () => {
          make();
          await refused();
        });
      }
    });
  });
});
