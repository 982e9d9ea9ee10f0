import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { findLogs } from "../../../cli/audit/logs.ts";
import { readEntries, Tally } from "../../../cli/audit/read.ts";
import { DECISION_LOG_DEFAULTS, openDecisionLog } from "../../../proxy/decision-log.ts";
import { logLine, recordNumber } from "../../support/decisions.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

describe("logs on disk", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => folder.remove());

  const numbered = (...numbers: readonly number[]) => numbers.map((number) => logLine(`pkg:npm/x@${number}`)).join("");
  const rotated = (day: number) => `decisions-202611${String(day).padStart(2, "0")}T000000.000Z.jsonl`;
  const path = (name: string) => join(folder.path, name);

  /** The versions that were read, with what was wrong. */
  async function read(
    paths: readonly string[] = [folder.path],
    { since, meanwhile }: { since?: Date; meanwhile?: () => void } = {},
  ): Promise<{ versions: number[]; tally: Tally; problems: string[] }> {
    const tally = new Tally();
    const versions: number[] = [];
    const found = await findLogs(paths, since?.getTime());
    meanwhile?.();
    for await (const entries of readEntries(found, tally))
      versions.push(...entries.map(({ purl }) => Number(purl.split("@")[1])));
    const problems = tally.problems.map(
      ({ path, line, message }) =>
        `${path.slice(folder.path.length + 1)}${line === undefined ? "" : `:${line}`} ${message}`,
    );
    return { versions, tally, problems };
  }

  describe("the logs of a directory", () => {
    it("are read in the order of time, compressed or not, and nothing else is", async () => {
      folder.write("decisions.jsonl", numbered(5));
      folder.write(rotated(3), numbered(4));
      folder.write(`${rotated(2)}.gz`, gzipSync(numbered(2, 3)));
      folder.write(`${rotated(1)}.gz`, numbered(1));
      folder.write("proxy.json", "{}");
      folder.write(`${rotated(4)}.gz.00000000-0000-4000-8000-000000000000.tmp`, "half");
      const { versions, tally } = await read();
      assert.deepEqual(versions, [1, 2, 3, 4, 5]);
      assert.deepEqual([tally.files, tally.lines, tally.decisions, tally.damaged], [4, 5, 5, 0]);
    });

    it("are read once where a file and its compressed form are both there", async () => {
      folder.write(rotated(1), numbered(1, 2));
      folder.write(`${rotated(1)}.gz`, gzipSync(numbered(1, 2)));
      assert.deepEqual((await read()).versions, [1, 2]);
    });

    it("are left out where they were rotated before the time that is asked for, by more than a clock may be wrong", async () => {
      for (const day of [1, 10, 11, 20]) folder.write(rotated(day), numbered(day));
      folder.write("decisions.jsonl", numbered(21));
      const { versions } = await read([folder.path], { since: new Date("2026-11-11T12:00:00Z") });
      assert.deepEqual(versions, [11, 20, 21]);
    });

    it("are read whole where the proxy rotates and compresses meanwhile", async () => {
      folder.write(rotated(1), numbered(1));
      folder.write("decisions.jsonl", numbered(2));
      const meanwhile = () => {
        writeFileSync(path(`${rotated(1)}.gz`), gzipSync(numbered(1)));
        rmSync(path(rotated(1)));
        renameSync(path("decisions.jsonl"), path(rotated(2)));
        writeFileSync(path("decisions.jsonl"), numbered(3));
      };
      assert.deepEqual((await read([folder.path], { meanwhile })).versions, [1, 2]);
    });

    it("are told where one of them is deleted meanwhile, and the others are read", async () => {
      folder.write(rotated(1), numbered(1));
      folder.write("decisions.jsonl", numbered(2));
      const { versions, problems } = await read([folder.path], { meanwhile: () => rmSync(path(rotated(1))) });
      assert.deepEqual(versions, [2]);
      assert.match(problems.join(), new RegExp(`^${rotated(1)} it cannot be read to its end: ENOENT`, "i"));
    });

    it("do not stop each other where one cannot be found, is a folder or would never end", async () => {
      folder.write(rotated(1), numbered(1));
      folder.write("decisions.jsonl", numbered(2));
      symlinkSync("nowhere", path("a\u001b[2J.jsonl"));
      mkdirSync(path("b.jsonl"));
      execFileSync("mkfifo", [path("c.jsonl")]);
      const { versions, problems } = await read();
      assert.deepEqual(versions, [1, 2]);
      // The path is that of the file; what the disk says of it is made harmless.
      const [first = ""] = problems;
      assert.ok(first.startsWith("a\u001b[2J.jsonl ENOENT") && first.lastIndexOf("\u001b") === 1, first);
      assert.deepEqual(problems.slice(1), ["b.jsonl it is no file", "c.jsonl it is no file"]);
    });

    it("are each read once, however the proxy rotates and compresses while they are looked for", {
      timeout: 60_000,
    }, async () => {
      const rotation = { ...DECISION_LOG_DEFAULTS, maxBytes: 100, keep: 1000 };
      const log = await openDecisionLog(path("decisions.jsonl"), () => {}, rotation);
      let isOver = false;
      const recording = (async () => {
        for (let number = 1; number <= 600; number++) {
          recordNumber(log, number);
          await log.flushed();
        }
        isOver = true;
      })();
      while (!isOver) {
        const tally = new Tally();
        const numbers: number[] = [];
        for await (const entries of readEntries(await findLogs([folder.path]), tally))
          numbers.push(...entries.map(({ purl }) => Number(/@(\d+)/.exec(purl)?.[1])));
        assert.deepEqual(tally.problems, []);
        assert.deepEqual(
          numbers,
          Array.from({ length: numbers.length }, (_, index) => index + 1),
        );
      }
      await recording;
      await log.close();
    });

    it("with no log in it is told", async () => {
      const { tally } = await read();
      assert.match(tally.problems[0]?.message ?? "", /the directory has no decision log/);
      assert.throws(() => tally.requireSomething(), { code: "FILE_UNREADABLE", exit: 2 });
    });
  });

  describe("logs that are named", () => {
    it("are read in the order in which they are named", async () => {
      const [one, other] = [folder.write("b.log", numbered(1)), folder.write("a", gzipSync(numbered(2)))];
      mkdirSync(path("dir"));
      copyFileSync(one, path("dir/decisions.jsonl"));
      assert.deepEqual((await read([one, other, path("dir")])).versions, [1, 2, 1]);
    });

    it("do not stop each other where they are missing, cut or damaged, and each is told with its place", async () => {
      const cut = gzipSync(numbered(...Array.from({ length: 5000 }, (_, index) => index)));
      const paths = [
        path("missing"),
        folder.write("cut.gz", cut.subarray(0, cut.length - 50)),
        folder.write("damaged", `${numbered(1)}{"decision":\n\n[]\n${numbered(2)}{"decision":"al`),
      ];
      const { versions, tally, problems } = await read(paths);
      assert.deepEqual(versions.slice(-2), [1, 2]);
      assert.ok(versions.length > 4000);
      assert.match(problems[0] ?? "", /^missing ENOENT/i);
      assert.match(problems[1] ?? "", /^cut.gz it cannot be read to its end: unexpected end of file/);
      assert.deepEqual(problems.slice(2), [
        "damaged:2 it is no JSON",
        "damaged:4 it is no JSON object",
        "damaged:6 it is cut, or still being written",
      ]);
      assert.deepEqual([tally.files, tally.damaged], [1, 5]);
      tally.requireSomething();
    });

    it("take a bounded place where all of their lines are damaged", async () => {
      const { tally, problems } = await read([folder.write("noise", "x\n".repeat(5000))]);
      assert.deepEqual([tally.damaged, problems.length], [5000, 100]);
    });
  });
});
