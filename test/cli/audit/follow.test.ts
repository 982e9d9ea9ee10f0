import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { followLog } from "../../../cli/audit/follow.ts";
import { DECISION_LOG_DEFAULTS, openDecisionLog } from "../../../proxy/decision-log.ts";
import { startCordon } from "../../support/cli.ts";
import { logLine, recordNumber } from "../../support/decisions.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";

describe("a log as it is written", () => {
  let folder: Folder;
  let ending: AbortController;
  let seen: number[];
  let following: Promise<void> | undefined;

  beforeEach(() => {
    [folder, ending, seen, following] = [makeFolder(), new AbortController(), [], undefined];
  });

  afterEach(async () => {
    ending.abort();
    await following;
    folder.remove();
  });

  const current = () => join(folder.path, "decisions.jsonl");
  const line = (number: number) => logLine(`pkg:npm/x@${number}.0.0`);

  /** Ends when it has begun at the end of what is there. */
  function follow(since?: number, path = folder.path): Promise<void> {
    const begun = Promise.withResolvers<void>();
    following = followLog(
      path,
      async ({ texts }) => {
        for (const text of texts) seen.push(Number(/@(\d+)/.exec(JSON.parse(text).purl)?.[1]));
      },
      { since, signal: ending.signal, onBegun: begun.resolve },
    );
    return begun.promise;
  }

  describe("followLog()", () => {
    it("gives what is written from now on, and no half line", async () => {
      writeFileSync(current(), line(1));
      await follow();
      appendFileSync(current(), line(2) + line(3).slice(0, 20));
      await until(() => seen.length === 1);
      appendFileSync(current(), line(3).slice(20));
      await until(() => seen.length === 2);
      assert.deepEqual(seen, [2, 3]);
    });

    it("gives each line once and in order while a proxy rotates at every batch", { timeout: 60_000 }, async () => {
      const rotation = { ...DECISION_LOG_DEFAULTS, maxBytes: 100, keep: 1000 };
      const log = await openDecisionLog(current(), () => {}, rotation);
      for (let number = 1; number <= 20; number++) {
        recordNumber(log, number);
        await log.flushed();
      }
      await follow(0);
      for (let number = 21; number <= 400; number++) {
        recordNumber(log, number);
        if (number % 3 === 0) await log.flushed();
        if (number % 50 === 0) await setTimeout(150);
      }
      await log.flushed();
      await until(() => seen.length >= 400);
      assert.deepEqual(
        seen,
        Array.from({ length: 400 }, (_, index) => index + 1),
      );
      await log.close();
    });

    it("finishes a file that somebody else renames, and goes on with the new one", async () => {
      writeFileSync(current(), line(1));
      await follow();
      renameSync(current(), `${current()}.1`);
      appendFileSync(`${current()}.1`, line(2));
      writeFileSync(current(), line(3));
      await until(() => seen.length === 2);
      assert.deepEqual(seen, [2, 3]);
    });

    it("begins anew where the file is truncated", async () => {
      writeFileSync(current(), line(1) + line(1));
      await follow();
      truncateSync(current());
      appendFileSync(current(), line(2));
      await until(() => seen.length === 1);
      assert.deepEqual(seen, [2]);
    });

    it("waits for a log that is not there yet", async () => {
      await follow(undefined, join(folder.path, "state", "decisions.jsonl"));
      mkdirSync(join(folder.path, "state"));
      writeFileSync(join(folder.path, "state", "decisions.jsonl"), line(1));
      await until(() => seen.length === 1);
    });
  });

  describe("followLog() of a folder that is not there yet", () => {
    it("waits for it, and gives all that is written there", async () => {
      const state = join(folder.path, "state");
      const begun = follow(undefined, state);
      mkdirSync(state);
      await begun;
      writeFileSync(join(state, "decisions.jsonl"), line(1));
      appendFileSync(join(state, "decisions.jsonl"), line(2));
      await until(() => seen.length === 2);
      assert.deepEqual(seen, [1, 2]);
    });
  });

  describe("cordon audit --follow", () => {
    it("prints what matches as it is written, and ends at SIGINT with exit code 0", { timeout: 60_000 }, async () => {
      writeFileSync(current(), line(1));
      const child = startCordon([
        "audit",
        folder.path,
        "-f",
        "--since",
        "2026-01-01",
        "--jsonl",
        "--decision",
        "allow",
      ]);
      let [output, errors] = ["", ""];
      child.stdout.on("data", (chunk) => (output += chunk));
      child.stderr.on("data", (chunk) => (errors += chunk));
      try {
        while (output === "" && child.exitCode === null) await setTimeout(20);
        appendFileSync(current(), `${logLine("pkg:npm/x@2.0.0", { decision: "block" })}no decision\n${line(3)}`);
        while (output.split("\n").length < 3 && child.exitCode === null) await setTimeout(20);
        const ended = once(child, "close");
        process.kill(Number(child.pid), "SIGINT");
        assert.deepEqual(await ended, [0, null]);
      } finally {
        child.kill("SIGKILL");
      }
      assert.equal(output, line(1) + line(3));
      assert.match(errors, /decisions\.jsonl:3: it is no JSON\n$/);
    });
  });
});
