/**
 * A bundle of 500,000 verdicts that takes the place of another while clients ask: what they wait, and whether anything
 * fails. The proxy is a process of its own; figures of the swap stand beside those of quiet in the same run, and nothing
 * is asserted. `node bench/swap.ts [VERDICTS]`
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { tableChunks } from "../core/advisories/table.ts";
import { buildBundle } from "../core/bundle/build.ts";
import { keySigning, signStatement } from "../core/bundle/sign.ts";
import { writeBlobs, writeSignedBundle } from "../core/bundle/write.ts";
import { canonicalJson } from "../core/json.ts";
import { AGE_POLICY, MALWARE_POLICY } from "../test/support/policies.ts";
import { type BundleFolder, makeBundleFolder } from "../test/support/proxy.ts";
import { startRegistry } from "../test/support/registry.ts";

const VERDICTS = Number(process.argv[2] ?? 500_000);
const CLIENTS = 8;
const SWAPS = 4;
const QUIET_MS = 4000;
const ENTRY = fileURLToPath(new URL("../cli/bin/run.ts", import.meta.url));

/** A table with as many packages, each with one verdict that names the edition, so that every line differs. */
function makeTable(edition: number): Buffer {
  const rows = function* () {
    for (let index = 0; index < VERDICTS; index++) {
      const id = `MAL-2026-${index}`;
      yield {
        key: `npm/package-${String(index).padStart(7, "0")}`,
        advisory: canonicalJson({
          id,
          kind: "malicious",
          modified: "2026-11-01T00:00:00Z",
          summary: `Malicious code, edition ${edition}, and as many words as such a record has on average`,
          url: `https://advisories.example/${id}`,
          versions: ["1.0.0", "1.0.1"],
        }),
      };
    }
  };
  return Buffer.concat([...tableChunks(rows())].map((chunk) => Buffer.from(chunk)));
}

interface Edition {
  readonly revision: number;
  publish(): Promise<void>;
}

function makeEdition(folder: BundleFolder, revision: number): Edition {
  const table = makeTable(revision);
  const summary = { name: "bench", entries: VERDICTS, newest: null, fetched: null, version: null };
  const built = buildBundle({
    source: { policies: [MALWARE_POLICY, AGE_POLICY], lists: [], approvals: [] },
    feeds: [{ ...summary, table, gzip: gzipSync(table, { level: 1 }) }],
    channel: "stable",
    epoch: 0,
    revision,
    previous: null,
    created: new Date(),
    lifetimeMs: 3_600_000,
    repository: null,
    commit: null,
    generator: { name: "cordon", version: "bench" },
  });
  return {
    revision,
    async publish() {
      const signing = keySigning(folder.privateKey, "bench key");
      const signed = await signStatement(Buffer.from(JSON.stringify(built.statement)), signing);
      writeBlobs(folder.bundle, built.blobs);
      writeSignedBundle(folder.bundle, signed);
    },
  };
}

interface Load {
  /** Milliseconds of each request since the last call, and how many failed. */
  take(): { readonly times: readonly number[]; readonly failed: number };
  stop(): Promise<void>;
}

/** Clients that ask without rest, by turns for a listing and for a file. */
function startLoad(npm: string): Load {
  let [times, failed, isOver]: [number[], number, boolean] = [[], 0, false];
  const client = async (): Promise<void> => {
    for (let count = 0; !isOver; count++) {
      const start = performance.now();
      try {
        const answer = await fetch(count % 2 ? `${npm}/plain` : `${npm}/plain/-/plain-1.0.0.tgz`);
        await answer.arrayBuffer();
        if (answer.status !== 200) failed += 1;
      } catch {
        failed += 1;
      }
      times.push(performance.now() - start);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    take() {
      const taken = { times: times.toSorted((a, b) => a - b), failed };
      [times, failed] = [[], 0];
      return taken;
    },
    async stop() {
      isOver = true;
      await clients;
    },
  };
}

function describe({ times, failed }: ReturnType<Load["take"]>): string {
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1);
  return `${String(times.length).padStart(6)} requests, ${failed} failed, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}

async function waitForRevision(url: string, revision: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(`${url}/-/status`).catch(() => undefined);
    const status = answer?.ok
      ? ((await answer.json()) as { bundle: { revision: number; stored: boolean } })
      : undefined;
    if (status?.bundle.revision === revision && status.bundle.stored) return;
    await setTimeout(100);
  }
  throw new Error(`revision ${revision} did not come into force`);
}

const folder = makeBundleFolder();
const registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] }]);
const port = 20_000 + (process.pid % 20_000);
const url = `http://127.0.0.1:${port}`;
let proxy: ChildProcess | undefined;
try {
  const editions = [makeEdition(folder, 1), makeEdition(folder, 2)];
  await editions[0]?.publish();
  const options = ["--bundle", `dir:${folder.bundle}`, "--trust", folder.trust, "--state", join(folder.path, "state")];
  const started = performance.now();
  proxy = spawn(
    process.execPath,
    [ENTRY, "proxy", ...options, "--listen", `127.0.0.1:${port}`, "--upstream", `npm=${registry.url.href}`],
    { stdio: "ignore" },
  );
  await waitForRevision(url, 1);
  console.log(
    `ready with ${VERDICTS.toLocaleString("en-US")} verdicts after ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  const load = startLoad(`${url}/npm`);
  await setTimeout(QUIET_MS);
  load.take(); // its beginning, while everything is compiled
  await setTimeout(QUIET_MS);
  console.log(`quiet   ${describe(load.take())}`);
  for (let swap = 0; swap < SWAPS; swap++) {
    const next = swap === 0 ? editions[1] : makeEdition(folder, swap + 2);
    await next?.publish();
    await setTimeout(1000);
    load.take();
    const start = performance.now();
    if (proxy.pid !== undefined) process.kill(proxy.pid, "SIGHUP");
    await waitForRevision(url, swap + 2);
    console.log(
      `swap ${swap + 1}  ${describe(load.take())}; in force and stored after ${(performance.now() - start).toFixed(0)} ms`,
    );
  }
  await load.stop();
  console.log("goal: no failed request, no pause over 50 ms");
} finally {
  proxy?.kill("SIGTERM");
  await registry.close();
  folder.remove();
}
