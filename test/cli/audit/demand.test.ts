import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "node:test";
import { readDemand } from "../../../cli/audit/demand.ts";
import { logLine } from "../../support/decisions.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { measureHeld } from "../../support/memory.ts";

describe("readDemand()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => folder.remove());

  const asked = (purl: string, address: string, agent: string, second = 0) =>
    logLine(purl, {
      client: { address, agent },
      recordedAt: new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString(),
    });

  beforeEach(() => {
    folder.write(
      "decisions.jsonl",
      [
        asked("pkg:npm/%40acme/ui@1.0.0", "10.0.0.1", "npm/11", 3),
        asked("pkg:npm/%40acme/ui@1.0.0", "::ffff:10.0.0.2", "npm/11\u001b[31m", 1),
        asked("pkg:npm/%40acme/ui@1.0.0", "10.0.0.1", "npm/11", 2),
        asked("pkg:npm/%40acme/ui@2.0.0", "10.0.0.3", "pnpm/10", 9),
        asked("pkg:npm/other@1.0.0", "10.0.0.4", "npm/11", 5),
        "no decision\n",
      ].join(""),
    );
  });

  it("tells who asked for a release, and how often", async () => {
    assert.deepEqual(await readDemand([folder.path], "pkg:npm/@acme/ui@1.0.0"), {
      count: 3,
      first: "2026-11-22T12:00:01Z",
      last: "2026-11-22T12:00:03Z",
      clients: [
        { address: "10.0.0.1", agent: "npm/11", count: 2 },
        { address: "10.0.0.2", agent: "npm/11 [31m", count: 1 },
      ],
      hasMoreClients: false,
    });
  });

  it("tells who asked for any release of a package", async () => {
    const { count, last, clients } = await readDemand([folder.path], "pkg:npm/%40acme/ui");
    assert.deepEqual([count, last, clients.length], [4, "2026-11-22T12:00:09Z", 3]);
  });

  it("tells that nobody asked", async () => {
    assert.deepEqual(await readDemand([folder.path], "pkg:npm/nobody"), {
      count: 0,
      first: null,
      last: null,
      clients: [],
      hasMoreClients: false,
    });
  });

  it("names a bounded number of clients, those who asked most, and says that there are others", async () => {
    const lines = Array.from({ length: 10_050 }, (_, number) =>
      asked("pkg:npm/x@1.0.0", "10.0.0.1", `agent ${number}`),
    );
    const path = folder.write("many.jsonl", lines.join("") + lines[70]);
    const { count, clients, hasMoreClients } = await readDemand([path], "pkg:npm/x");
    assert.deepEqual([count, clients.length, hasMoreClients], [10_051, 100, true]);
    assert.deepEqual(clients[0], { address: "10.0.0.1", agent: "agent 70", count: 2 });
  });

  it("refuses what is no purl, and logs of which nothing can be read", async () => {
    await assert.rejects(readDemand([folder.path], "left-pad"), { code: "NOT_A_PURL" });
    await assert.rejects(readDemand([`${folder.path}/missing`], "pkg:npm/x"), { code: "FILE_UNREADABLE" });
  });

  it("takes no more memory for clients than what is told of them", async () => {
    const path = folder.write("decisions.jsonl", "");
    for (let number = 0; number < 400; number++)
      appendFileSync(path, asked("pkg:npm/long@1.0.0", "10.0.0.1", `${number} ${"x".repeat(900_000)}`));
    const { result, most } = await measureHeld(() => readDemand([folder.path], "pkg:npm/long"));
    assert.deepEqual([result.count, result.clients.length, result.clients[0]?.agent.length], [400, 100, 200]);
    assert.ok(most < 100 * 1024 * 1024, String(most));
  });
});
