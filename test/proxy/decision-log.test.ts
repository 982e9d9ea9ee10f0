import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { AppendedFile, type Batch } from "../../proxy/appended-file.ts";
import {
  DECISION_LOG_DEFAULTS,
  type DecisionLog,
  type DecisionLogOptions,
  openDecisionLog,
} from "../../proxy/decision-log.ts";
import { LineQueue } from "../../proxy/line-queue.ts";
import { RotatedFiles } from "../../proxy/rotated-files.ts";
import { makeContext, makeDecision, readNumbers, recordNumber } from "../support/decisions.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const LARGE: DecisionLogOptions = { ...DECISION_LOG_DEFAULTS, maxBytes: 1024 ** 3, maxAgeMs: 3_600_000, keep: 1000 };
/** Every batch is too much for it. */
const SMALL: DecisionLogOptions = { ...LARGE, maxBytes: 100 };

describe("what is on record", () => {
  let folder: Folder;
  let clock: Date;
  let logged: { readonly level: string; readonly message: string; readonly [key: string]: unknown }[];
  let opened: DecisionLog[];

  beforeEach(() => {
    [folder, clock, logged, opened] = [makeFolder(), NOW, [], []];
  });

  afterEach(async () => {
    for (const log of opened) await log.close();
    folder.remove();
  });

  const current = () => join(folder.path, "decisions.jsonl");
  const note = (level: string, message: string, fields: object = {}) => logged.push({ level, message, ...fields });

  async function open(options: DecisionLogOptions = LARGE): Promise<DecisionLog> {
    const log = await openDecisionLog(current(), note, options, () => clock);
    opened.push(log);
    return log;
  }

  async function record(log: DecisionLog, ...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) recordNumber(log, number);
    await log.flushed();
  }

  /** All that are on record, with what was rotated compressed by now. */
  async function numbersAfter(log: DecisionLog): Promise<readonly number[]> {
    await until(() => rotatedNames().every((name) => name.endsWith(".gz")));
    await log.close();
    const { numbers, isTorn } = readNumbers(folder.path);
    assert.equal(isTorn, false);
    return numbers;
  }

  const rotatedNames = () =>
    readdirSync(folder.path)
      .filter((name) => name !== "decisions.jsonl")
      .sort();

  describe("a decision log", () => {
    it("has a line for each decision, with the time at which it was recorded", async () => {
      const log = await open();
      log.record(makeDecision("pkg:npm/x@1.0.0", { decidedAt: "2026-11-22T09:00:00Z" }), makeContext(), undefined);
      await log.flushed();
      const { decidedAt, recordedAt, client, kind } = JSON.parse(readFileSync(current(), "utf8"));
      assert.deepEqual(
        { decidedAt, recordedAt, client, kind },
        {
          decidedAt: "2026-11-22T09:00:00Z",
          recordedAt: "2026-11-22T12:00:00Z",
          client: { address: "127.0.0.1", agent: "npm/11.0.0 node/v24.0.0 linux x64" },
          kind: "file",
        },
      );
    });

    it("keeps an agent to one line of bounded length", async () => {
      const log = await open();
      const agent = `\u001b[31mred\u202e${"x".repeat(10_000)}`;
      log.record(makeDecision("pkg:npm/x@1.0.0"), makeContext({ client: { address: "::1", agent } }), undefined);
      await log.flushed();
      assert.match(JSON.parse(readFileSync(current(), "utf8")).client.agent, /^\[31mred x{191}…$/);
    });

    it("takes no decision once it is closed", async () => {
      const log = await open();
      await log.close();
      assert.throws(() => recordNumber(log, 1), { code: "DECISION_UNRECORDED", message: /the log is closed/ });
    });

    describe("that is full", () => {
      it("goes on under its name, and what it held lies compressed under a name that sorts by time", async () => {
        const log = await open(SMALL);
        await record(log, 1, 2);
        clock = new Date("2026-11-22T12:00:01.5Z");
        await record(log, 3);
        await until(() => existsSync(join(folder.path, "decisions-20261122T120001.500Z.jsonl.gz")));
        assert.deepEqual(await numbersAfter(log), [1, 2, 3]);
        assert.equal(readFileSync(current(), "utf8").split("\n").length, 2);
        assert.deepEqual(rotatedNames(), ["decisions-20261122T120001.500Z.jsonl.gz"]);
        assert.equal(statSync(join(folder.path, rotatedNames()[0] ?? "")).mode & 0o777, 0o640);
      });

      it("is no larger than it may be", async () => {
        const log = await open({ ...LARGE, maxBytes: 2000 });
        for (let number = 1; number <= 50; number++) await record(log, number);
        assert.deepEqual(
          await numbersAfter(log),
          Array.from({ length: 50 }, (_, index) => index + 1),
        );
        const sizes = rotatedNames().map((name) => gunzipSync(readFileSync(join(folder.path, name))).length);
        assert.ok(sizes.length > 5 && sizes.every((size) => size <= 2000 && size > 1000), String(sizes));
      });

      it("keeps the order where several are rotated in one millisecond, and where the clock goes back", async () => {
        const log = await open(SMALL);
        await record(log, 1);
        await record(log, 2);
        await record(log, 3);
        clock = new Date("2020-01-01T00:00:00Z");
        await record(log, 4);
        await log.close();
        const again = await open(SMALL);
        await record(again, 5);
        assert.deepEqual(await numbersAfter(again), [1, 2, 3, 4, 5]);
        assert.deepEqual(
          rotatedNames(),
          [0, 1, 2, 3].map((millisecond) => `decisions-20261122T120000.00${millisecond}Z.jsonl.gz`),
        );
      });

      it("takes no other file's place", async () => {
        const names = ["decisions-20261122T120000.000Z.jsonl", "decisions-20261122T120000.001Z.jsonl.gz"];
        const log = await open(SMALL);
        await record(log, 1);
        folder.write(names[0] ?? "", "somebody else's\n");
        folder.write(names[1] ?? "", gzipSync("somebody else's\n"));
        await record(log, 2);
        await until(() => existsSync(join(folder.path, "decisions-20261122T120000.002Z.jsonl.gz")));
        await log.close();
        for (const name of ["decisions-20261122T120000.000Z.jsonl.gz", names[1] ?? ""])
          assert.equal(gunzipSync(readFileSync(join(folder.path, name))).toString(), "somebody else's\n");
      });

      it("goes on as it is where it cannot be renamed, and says so", async () => {
        const files = await RotatedFiles.open(folder.path, { keep: 10, keepMs: undefined }, () => clock, note);
        files.nextPath = async () => join(folder.path, "no", "such", "folder");
        const file = new AppendedFile(current(), SMALL, files, () => clock, note);
        for (const text of ["one\n", "two\n"]) await file.append({ bytes: Buffer.from(text.repeat(30)), at: 0 });
        await file.close();
        assert.equal(readFileSync(current(), "utf8"), "one\n".repeat(30) + "two\n".repeat(30));
        assert.deepEqual(
          logged.map(({ level, message }) => [level, message]),
          [["error", "the decision log cannot be rotated"]],
        );
      });
    });

    describe("that is old", () => {
      it("is rotated by the age of its first line, also where nothing more is recorded", async () => {
        const files = await RotatedFiles.open(folder.path, { keep: 10, keepMs: undefined }, () => clock, note);
        const file = new AppendedFile(current(), LARGE, files, () => clock, note);
        const tend = () => file.append({ bytes: Buffer.alloc(0), at: 0 });
        await tend();
        clock = new Date(NOW.getTime() + 2 * LARGE.maxAgeMs);
        await tend();
        assert.deepEqual(rotatedNames(), [], "an empty one is not");
        await file.append({ bytes: Buffer.from("1\n"), at: 0 });
        clock = new Date(clock.getTime() + LARGE.maxAgeMs - 1);
        await tend();
        assert.deepEqual(rotatedNames(), [], "one that is almost old is not");
        clock = new Date(clock.getTime() + 1);
        await tend();
        await until(() => rotatedNames().join() === "decisions-20261122T150000.000Z.jsonl.gz");
        await file.close();
        await files.close();
        assert.equal(readFileSync(current(), "utf8"), "");
      });
    });

    describe("of which there are too many", () => {
      const names = [1, 2, 3, 4].map((day) => `decisions-2026110${day}T000000.000Z.jsonl.gz`);
      const others = ["decisions.jsonl.1.gz", "decisions-2026.jsonl", "decisions-20261101T000000.000Z.jsonl.gz.bak"];

      beforeEach(() => {
        for (const name of [...names, ...others]) folder.write(name, gzipSync("{}\n"));
      });

      it("is deleted by number, the oldest first, and nothing else is", async () => {
        await open({ ...LARGE, keep: 3 });
        await until(() => !existsSync(join(folder.path, names[0] ?? "")));
        assert.deepEqual(rotatedNames(), [...names.slice(1), ...others].sort());
      });

      it("is deleted by age", async () => {
        await open({ ...LARGE, keepMs: 19.5 * 86_400_000 });
        await until(() => !existsSync(join(folder.path, names[1] ?? "")));
        assert.deepEqual(rotatedNames(), [...names.slice(2), ...others].sort());
      });
    });

    describe("after a process that was ended at the wrong moment", () => {
      const rotated = "decisions-20261101T000000.000Z.jsonl";
      const lines = Array.from({ length: 100 }, (_, number) => `${JSON.stringify({ number })}\n`).join("");
      const temporary = `${rotated}.gz.00000000-0000-4000-8000-000000000000.tmp`;

      it("makes anew what was half compressed", async () => {
        folder.write(rotated, lines);
        folder.write(temporary, gzipSync(lines).subarray(0, 40));
        await open();
        await until(() => rotatedNames().join() === `${rotated}.gz`);
        assert.equal(gunzipSync(readFileSync(join(folder.path, `${rotated}.gz`))).toString(), lines);
      });

      it("removes what is compressed already", async () => {
        folder.write(rotated, lines);
        folder.write(`${rotated}.gz`, gzipSync(lines));
        const before = statSync(join(folder.path, `${rotated}.gz`)).ino;
        await open();
        await until(() => rotatedNames().join() === `${rotated}.gz`);
        assert.equal(statSync(join(folder.path, `${rotated}.gz`)).ino, before);
      });

      it("compresses anew what has grown since it was compressed", async () => {
        folder.write(rotated, `${lines}{}\n`);
        folder.write(`${rotated}.gz`, gzipSync(lines));
        await open();
        await until(() => rotatedNames().join() === `${rotated}.gz`);
        assert.equal(gunzipSync(readFileSync(join(folder.path, `${rotated}.gz`))).toString(), `${lines}{}\n`);
      });

      it("keeps what cannot be compressed, and says so", async () => {
        mkdirSync(join(folder.path, rotated));
        writeFileSync(join(folder.path, "decisions-20261102T000000.000Z.jsonl"), lines);
        await open();
        await until(() => rotatedNames().join() === `${rotated},decisions-20261102T000000.000Z.jsonl.gz`);
        assert.deepEqual(
          logged.map(({ level, message }) => [level, message]),
          [["warn", "old decisions stay as they are"]],
        );
      });

      const ENDS: readonly [name: string, end: string, kept: string][] = [
        ["cuts off a line without its end, and tells what it said", '{"decision":"allow","purl":"pkg:n', ""],
        ["keeps a line that lacks only its end", '{"decision":"allow"}', '{"decision":"allow"}\n'],
      ];
      for (const [name, end, kept] of ENDS) {
        it(name, async () => {
          folder.write("decisions.jsonl", `{}\n${end}`);
          const log = await open();
          await record(log, 1);
          assert.match(
            readFileSync(current(), "utf8"),
            new RegExp(`^\\{\\}\n${kept}\\{"decision":"allow","purl":[^\n]*\\}\n$`),
          );
          assert.deepEqual(
            logged.map(({ level, text }) => [level, text]),
            kept ? [] : [["warn", end]],
          );
        });
      }
    });

    describe("that somebody else rotates", () => {
      it("goes on in a new file where it is renamed", async () => {
        const log = await open();
        await record(log, 1, 2);
        renameSync(current(), join(folder.path, "decisions.jsonl.1"));
        await record(log, 3);
        assert.deepEqual(readNumbers(folder.path).numbers, [3]);
        assert.equal(readFileSync(join(folder.path, "decisions.jsonl.1"), "utf8").split("\n").length, 3);
      });

      it("goes on in the file that took its place, and in a new one where it is removed", async () => {
        const log = await open();
        await record(log, 1);
        renameSync(current(), join(folder.path, "decisions.jsonl.1"));
        writeFileSync(current(), "");
        await record(log, 2);
        assert.deepEqual(readNumbers(folder.path).numbers, [2]);
        rmSync(current());
        await record(log, 3);
        assert.deepEqual(readNumbers(folder.path).numbers, [3]);
      });

      it("goes on at the beginning where it is copied and truncated", async () => {
        const log = await open();
        await record(log, 1, 2);
        copyFileSync(current(), join(folder.path, "decisions.jsonl.1"));
        truncateSync(current());
        await record(log, 3);
        assert.deepEqual(readNumbers(folder.path).numbers, [3]);
        assert.match(logged[0]?.message ?? "", /truncated by somebody else/);
      });

      /** A batch of which a part is written, as on a disk that was full for a while. */
      const BEGUN: Batch = { bytes: Buffer.from("first\nsecond\nthird\n"), at: 0 };
      const CASES: readonly [name: string, change: () => void, expected: Record<string, string>][] = [
        ["goes on where it stopped", () => {}, { "decisions.jsonl": "first\nsecond\nthird\n" }],
        [
          "ends the line where it began, and goes on in the new file, where it was renamed",
          () => renameSync(current(), join(folder.path, "decisions.jsonl.1")),
          { "decisions.jsonl.1": "first\nsecond\n", "decisions.jsonl": "third\n" },
        ],
        [
          "writes the line again where the file with its beginning is gone",
          () => rmSync(current()),
          { "decisions.jsonl": "second\nthird\n" },
        ],
        [
          "writes the line again where its beginning was truncated",
          () => truncateSync(current()),
          { "decisions.jsonl": "second\nthird\n" },
        ],
      ];
      for (const [name, change, expected] of CASES) {
        it(`in the middle of a line, ${name}`, async () => {
          const files = await RotatedFiles.open(folder.path, { keep: 10, keepMs: undefined }, () => clock, note);
          const file = new AppendedFile(current(), LARGE, files, () => clock, note);
          await file.append({ bytes: BEGUN.bytes.subarray(0, 9), at: 0 });
          change();
          const batch = { ...BEGUN, at: 9 };
          await file.append(batch);
          await file.close();
          assert.equal(batch.at, BEGUN.bytes.length);
          const found = readdirSync(folder.path).map((name) => [name, readFileSync(join(folder.path, name), "utf8")]);
          assert.deepEqual(Object.fromEntries(found), expected);
        });
      }

      it("loses nothing to another process that is still at the file it has set aside", async () => {
        const log = await open(SMALL);
        await record(log, 1);
        const other = await open();
        await record(other, 2);
        await record(log, 3);
        await record(other, 4);
        const rest = await numbersAfter(log);
        assert.deepEqual([...rest].sort(), [1, 2, 3, 4]);
      });
    });
  });

  describe("a queue of lines", () => {
    const MAX_WAITING = 32 * 1024;

    /** Takes what it is given when it is let, as a disk does that is slow or full. */
    function makeDisk() {
      let text = "";
      let isFull = false;
      const waiting: (() => void)[] = [];
      const file = {
        async append(batch: Batch) {
          await new Promise<void>((resolve) => waiting.push(resolve));
          if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
          text += batch.bytes.subarray(batch.at).toString();
        },
      } satisfies Pick<AppendedFile, "append">;
      return {
        file,
        text: () => text,
        batches: () => waiting.length,
        fill: (full: boolean) => {
          isFull = full;
        },
        letOne: async () => {
          await until(() => waiting.length > 0);
          waiting.shift()?.();
        },
      };
    }

    it("writes what comes while the disk is busy together, in order", async () => {
      const disk = makeDisk();
      const queue = new LineQueue(disk.file, MAX_WAITING, () => {});
      queue.push("1\n");
      await until(() => disk.batches() === 1);
      for (const line of ["2\n", "3\n"]) queue.push(line);
      let isFlushed = false;
      const flushed = queue.flushed().then(() => {
        isFlushed = true;
      });
      await disk.letOne();
      await until(() => disk.text() === "1\n" && disk.batches() === 1);
      assert.equal(isFlushed, false);
      await disk.letOne();
      await flushed;
      assert.equal(disk.text(), "1\n2\n3\n");
      assert.equal(await queue.close(), 0);
    });

    it("takes no more than memory has room for, and says before that it is behind", async () => {
      const disk = makeDisk();
      const queue = new LineQueue(disk.file, MAX_WAITING, () => {});
      const line = `${"x".repeat(1023)}\n`;
      for (let count = 0; count < 17; count++) queue.push(line);
      assert.match(queue.failure() ?? "", /more decisions are made than the disk takes/);
      for (let count = 17; count < 32; count++) queue.push(line);
      assert.throws(() => queue.push(line), { code: "DECISION_UNRECORDED", status: 503 });
      const flushed = queue.flushed();
      for (let count = 0; count < 1; count++) await disk.letOne();
      await flushed;
      assert.equal(disk.text().length, 32 * line.length);
      assert.equal(queue.failure(), null);
      await queue.close();
    });

    it("keeps what a full disk does not take, and says why, until it does", async () => {
      const disk = makeDisk();
      const reported: string[] = [];
      const queue = new LineQueue(disk.file, MAX_WAITING, (reason) => reported.push(reason));
      disk.fill(true);
      queue.push("1\n");
      await disk.letOne();
      await until(() => queue.failure() !== null);
      queue.push("2\n");
      await disk.letOne();
      await until(() => disk.batches() === 0);
      disk.fill(false);
      for (let count = 0; count < 2; count++) await disk.letOne();
      await queue.flushed();
      assert.equal(disk.text(), "1\n2\n");
      assert.deepEqual([queue.failure(), reported], [null, ["ENOSPC: no space left on device"]]);
      await queue.close();
    });

    it("says at its end how much a full disk has not taken", async () => {
      const disk = makeDisk();
      const queue = new LineQueue(disk.file, MAX_WAITING, () => {});
      disk.fill(true);
      for (const line of ["1\n", "2\n"]) queue.push(line);
      await disk.letOne();
      await until(() => queue.failure() !== null);
      const closed = queue.close();
      await disk.letOne();
      assert.equal(await closed, 2);
    });
  });

  describe("a proxy whose decisions are not on record", {
    skip: !existsSync("/dev/full") && "there is no /dev/full here",
  }, () => {
    let bundle: BundleFolder;
    let registry: FixtureRegistry;
    let proxy: TestProxy;

    before(async () => {
      bundle = makeBundleFolder();
      registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }] }]);
      await bundle.sign();
      mkdirSync(join(bundle.path, "state"));
      symlinkSync("/dev/full", join(bundle.path, "state", "decisions.jsonl"));
      proxy = await startTestProxy(bundle, registry, { rotation: { maxWaiting: 10_000 } });
    });
    after(async () => {
      await registry.close();
      bundle.remove();
    });

    it("says that it is not ready, and why", async () => {
      assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 200);
      assert.equal((await fetch(`${proxy.npm}/plain/-/plain-1.0.0.tgz`)).status, 200);
      await until(() => proxy.logged.some(({ message }) => message === "decisions cannot be recorded"));
      const answer = await fetch(`${proxy.publicUrl}/-/readyz`);
      assert.equal(answer.status, 503);
      assert.match(((await answer.json()) as { reason: string }).reason, /ENOSPC|no space/i);
    });

    it("gives nothing out any more once memory has no room for what is not on record", async () => {
      const ask = () => fetch(`${proxy.npm}/plain/-/plain-1.0.0.tgz`);
      const statuses: number[] = [];
      for (let tries = 0; tries < 40; tries++) {
        const answer = await ask();
        await answer.arrayBuffer();
        statuses.push(answer.status);
      }
      assert.deepEqual([statuses.at(0), statuses.at(-1)], [200, 503]);
      assert.deepEqual(statuses, statuses.toSorted(), "and then nothing more");
      assert.match(await (await ask()).text(), /the decision cannot be put on record: .*(ENOSPC|no space)/i);
    });

    it("says at its end that decisions are lost", async () => {
      await proxy.close();
      assert.ok(proxy.logged.some(({ message }) => /decisions are lost/.test(message)));
    });
  });
});
