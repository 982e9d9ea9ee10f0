import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pollNow } from "../../cli/running-proxy.ts";
import { CordonError } from "../../core/errors.ts";
import type { Fetch } from "../../core/http.ts";
import { PROCESS_FILE } from "../../core/state.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const STARTED = "2026-11-22T12:00:00Z";
const ADDRESS = "http://127.0.0.1:4873";

describe("pollNow()", () => {
  let folder: Folder;
  let child: ChildProcess;
  let ended: Promise<NodeJS.Signals | null>;

  // A process that does not expect the signal, and is ended by it.
  beforeEach(() => {
    folder = makeFolder();
    child = spawn("sleep", ["60"], { stdio: "ignore" });
    ended = new Promise((resolve) => child.on("exit", (_code, signal) => resolve(signal)));
  });

  afterEach(async () => {
    child.kill("SIGKILL");
    await ended;
    folder.remove();
  });

  const writeProcess = (content: unknown): string =>
    folder.write(PROCESS_FILE, typeof content === "string" ? content : JSON.stringify(content));
  const processOf = (id: unknown) => ({ id, startedAt: STARTED, url: ADDRESS });
  const statusOf = (id: unknown, polls: object, bundle: object = {}) => ({
    process: { id, startedAt: STARTED },
    bundle: { state: "ok", epoch: 1, revision: 7, lastPoll: { error: null }, polls, ...bundle },
  });

  /** Answers each question with the next of these, and with the last from then on. */
  function answering(...answers: readonly unknown[]): Fetch & { asked: string[] } {
    const asked: string[] = [];
    const fetch = async (url: URL) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(url.href);
      if (answer instanceof Error) throw answer;
      const body = Readable.from([Buffer.from(typeof answer === "string" ? answer : JSON.stringify(answer))]);
      return { status: 200, headers: {}, body };
    };
    return Object.assign(fetch, { asked });
  }

  it("signals the proxy, and tells what its next poll came to", async () => {
    writeProcess(processOf(child.pid));
    const before = statusOf(child.pid, { activated: 1, unchanged: 2 });
    const after = statusOf(child.pid, { activated: 2, unchanged: 2 }, { revision: 8 });
    const fetch = answering(before, before, after);
    assert.deepEqual(await pollNow(folder.path, fetch), {
      url: ADDRESS,
      state: "ok",
      epoch: 1,
      revision: 8,
      error: null,
    });
    assert.deepEqual(new Set(fetch.asked), new Set([`${ADDRESS}/-/status`]));
    assert.equal(await ended, "SIGHUP");
  });

  it("tells why the poll failed, and what is in force all the same", async () => {
    writeProcess(processOf(child.pid));
    const error = { code: "BUNDLE_SIGNATURE", message: "nobody trusted" };
    const after = statusOf(child.pid, { refused: 1 }, { state: "degraded", lastPoll: { error } });
    assert.deepEqual(await pollNow(folder.path, answering(statusOf(child.pid, {}), after)), {
      url: ADDRESS,
      state: "degraded",
      epoch: 1,
      revision: 7,
      error,
    });
  });

  it("signals nobody where the number belongs to another process by now", async () => {
    writeProcess(processOf(child.pid));
    for (const other of [
      statusOf(1, {}),
      { ...statusOf(child.pid, {}), process: { id: child.pid, startedAt: "2026-11-23T12:00:00Z" } },
      { status: "of something else" },
      "<html>Welcome</html>",
      new CordonError("UPSTREAM_UNREACHABLE", "connect ECONNREFUSED"),
    ])
      await assert.rejects(pollNow(folder.path, answering(other)), {
        code: "PROXY_MISSING",
        message: new RegExp(`no proxy runs on ${folder.path}: `),
      });
    assert.equal(child.exitCode ?? child.signalCode, null);
  });

  it("says that there is no proxy where it cannot be signalled", async () => {
    child.kill("SIGKILL");
    await ended;
    writeProcess(processOf(child.pid));
    await assert.rejects(pollNow(folder.path, answering(statusOf(child.pid, {}))), { code: "PROXY_MISSING" });
  });

  const UNREADABLE: readonly [name: string, content: unknown][] = [
    ["nothing", undefined],
    ["no JSON", "{"],
    ["no process", {}],
    ["null", "null"],
    ["a number that is none", processOf("1; rm")],
    // To which a signal would go to a whole group, or to everybody.
    ["zero", processOf(0)],
    ["a negative number", processOf(-1)],
    ["no address", { id: 1, startedAt: STARTED }],
    ["an address that is none", { ...processOf(1), url: "nowhere" }],
  ];
  for (const [name, content] of UNREADABLE) {
    it(`says that there is no proxy where the state directory names ${name}`, async () => {
      if (content !== undefined) writeProcess(content);
      const fetch = answering(statusOf(child.pid, {}));
      await assert.rejects(pollNow(folder.path, fetch), { code: "PROXY_MISSING" });
      assert.deepEqual(fetch.asked, []);
    });
  }
});
