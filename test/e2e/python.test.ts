/**
 * The clients of Python packages through the proxy: pip as old Pythons bring it and a new one, uv, poetry and pdm. What
 * they show of a refusal differs; what they get does not. `CORDON_UPDATE_SEEN=1` writes `seen/` anew.
 */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { toPurl } from "../../core/purl.ts";
import { permits } from "../../core/verdict.ts";
import type { ClientRun } from "../support/clients.ts";
import { buildFiles } from "../support/distributions.ts";
import { inLanes, LANES } from "../support/lanes.ts";
import { type Listener, listen } from "../support/listener.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import {
  type BundleFolder,
  type LoggedDecision,
  makeBundleFolder,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";
import { type FixturePypi, startPypi } from "../support/pypi-registry.ts";
import {
  makePythonProject,
  NO_PYTHON_CLIENTS,
  PYTHON_CLIENTS,
  type PythonClientName,
  type PythonProject,
  type PythonProjectOptions,
  pythonLockfileName,
} from "../support/python-clients.ts";
import { isFile, makeFail, PROJECTS, RECORDS, releaseOf, TURNED, turnedOf } from "../support/python-projects.ts";
import { assertSeen } from "../support/python-seen.ts";
import { joined, showsSentence } from "../support/terminal.ts";

type ByClient<T> = Readonly<Record<PythonClientName, T>>;

/** What tells apart that the upstream fails from that there is no such project; pip and pdm say the same of both. */
const OF_AN_INDEX_AWAY: ByClient<RegExp> = {
  pip23: /No matching distribution found for away/,
  pip26: /No matching distribution found for away/,
  uv: /502 Bad Gateway/,
  poetry: /502 Server Error: Bad Gateway/,
  pdm: /Unable to find candidates for away/,
};

const OF_NO_PROJECT: ByClient<RegExp> = {
  pip23: /No matching distribution found for nowhere/,
  pip26: /No matching distribution found for nowhere/,
  uv: /nowhere was not found in the package registry/,
  poetry: /Could not find a matching version of package nowhere/,
  pdm: /Unable to find candidates for nowhere/,
};

/** These take the file whole where its METADATA cannot be had, and read it there. */
const READS_THE_FILE = new Set<PythonClientName>(["poetry", "pdm"]);

/** What is asked for an environment that is made anew of a lockfile, with the client's cache as it was. */
const ASKED_WHEN_WARM: ByClient<readonly string[]> = {
  pip23: ["page", "file"],
  pip26: ["page", "file"],
  uv: [],
  poetry: ["page"],
  pdm: ["page", "file"],
};

/** What is made of a lockfile that was written with another index. The others say that it is to be written anew. */
const FOLLOWS_NO_LOCKED_INDEX = new Set<PythonClientName>(["pip23", "pip26", "pdm"]);

/** With a warm cache it installs what its lockfile names without a question (docs/clients/BEHAVIOUR.md). */
const ASKS_NOBODY = new Set<PythonClientName>(["uv"]);

describe("the clients of Python packages through the proxy", { skip: NO_PYTHON_CLIENTS ?? false }, () => {
  let pypi: FixturePypi;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let outside: Listener;
  /** An index that knows neither times nor JSON, with its files on another host. */
  let old: { readonly index: FixturePypi; readonly files: FixturePypi; folder: BundleFolder; proxy: TestProxy };
  const lockfiles = new Map<PythonClientName, Record<string, string>>();
  /** Projects that were installed before the bundle changed, and what was asked for when that was done again. */
  const warm = new Map<PythonClientName, PythonProject>();
  const askedWhenWarm = new Map<PythonClientName, readonly string[]>();
  /** What every server of this process was asked for. */
  const heard: string[] = [];
  const hear = (message: unknown) => heard.push((message as { readonly request: IncomingMessage }).request.url ?? "");

  before(async () => {
    pypi = await startPypi(PROJECTS);
    makeFail(pypi);
    folder = makeBundleFolder();
    await folder.sign({ records: RECORDS });
    proxy = await startTestProxy(folder, pypi);
    outside = await listen();
    old = await startOld();
    subscribe("http.server.request.start", hear);
    await inLanes(PYTHON_CLIENTS, async (client) => {
      const dependencies = [`${turnedOf(client)}==1.1.0`];
      const made = makePythonProject(client, index(proxy), { outside: outside.url, dependencies });
      warm.set(client, made);
      for (const run of [await made.lock(), await made.installFrozen()]) assert.equal(run.code, 0, run.output);
      lockfiles.set(client, { [pythonLockfileName(client)]: made.lockfile() ?? "" });
      made.forget();
      forgetPages(made);
      const before = heard.length;
      const { code, output } = await made.installFrozen();
      assert.equal(code, 0, output);
      assert.equal(made.installed(turnedOf(client)), "1.1.0");
      askedWhenWarm.set(client, askedAbout(turnedOf(client), heard.slice(before)));
    });
    await folder.sign({ revision: 2, records: [...RECORDS, TURNED] });
    await proxy.lifecycle.poll();
  });

  after(async () => {
    unsubscribe("http.server.request.start", hear);
    for (const each of [proxy, old.proxy]) await each.close();
    for (const server of [pypi, old.index, old.files, outside]) await server.close();
    for (const made of [folder, old.folder, ...warm.values()]) made.remove();
  });

  function index({ pypi }: TestProxy): string {
    return `${pypi}/simple/`;
  }

  function project(
    client: PythonClientName,
    { url = index(proxy), ...options }: PythonProjectOptions & { readonly url?: string } = {},
  ): PythonProject & AsyncDisposable {
    // The width of a terminal would break lines at another place for each port.
    const environment = { COLUMNS: "1000" };
    const made = makePythonProject(client, url, { outside: outside.url, environment, ...options });
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  function assertRefused(made: PythonProject, run: ClientRun, name: string, version: string, from = proxy): void {
    assertFailed(made, run, name);
    const purl = toPurl({ type: "pypi", name, version });
    assert.ok(showsSentence(run.output, purl), run.output);
    assert.ok(joined(run.output).includes(`${from.publicUrl}/-/why/${purl}`), run.output);
  }

  function assertFailed(made: PythonProject, run: ClientRun, name: string): void {
    assert.notEqual(run.code, 0, run.output);
    assert.equal(made.installed(name), undefined);
    assert.deepEqual(made.unpacked(name), []);
  }

  function assertInstalled(made: PythonProject, { code, output }: ClientRun, name: string, version: string): void {
    assert.equal(code, 0, output);
    assert.equal(made.installed(name), version);
    assert.deepEqual(made.unpacked(name), [version]);
  }

  /** Each file that an upstream was asked for, the gate had allowed; and nobody but the proxy has asked. */
  async function assertWire(): Promise<void> {
    for (const [upstreams, { decisions }] of [
      [[pypi], proxy],
      [[old.index, old.files], old.proxy],
    ] as const) {
      const asked = upstreams.flatMap((upstream) => [...upstream.asked]);
      assert.deepEqual(
        asked.filter(({ agent }) => agent !== "cordon"),
        [],
      );
      const files = asked.map(({ path }) => path).filter(isFile);
      assert.deepEqual(notAllowed(files, await decisions()), []);
    }
    assert.deepEqual(outside.requests, [], "asked of other hosts");
  }

  describe("with each client", { concurrency: LANES }, () => {
    for (const client of PYTHON_CLIENTS) {
      describe(client, () => {
        afterEach(assertWire);

        for (const [what, spec] of [
          ["a bare name", "dep"],
          ["a range", "dep>=1.0"],
        ] as const)
          it(`installs the highest allowed release of ${what}`, async () => {
            await using made = project(client);
            assertInstalled(made, await made.add(spec), "dep", "1.1.0");
          });

        it("installs the highest allowed release of what a package depends on", async () => {
          await using made = project(client);
          assertInstalled(made, await made.add("host"), "dep", "1.1.0");
        });

        it("refuses the exact pin of a blocked release", async () => {
          await using made = project(client);
          const run = await made.add("dep==1.2.0");
          assertRefused(made, run, "dep", "1.2.0");
          assertSeen(made, "pin", run, proxy.publicUrl);
        });

        describe("with what was locked before it was blocked", { concurrency: 1 }, () => {
          const name = turnedOf(client);

          it("refuses it", async () => {
            const dependencies = [`${name}==1.1.0`];
            await using made = project(client, { dependencies, files: lockfiles.get(client) ?? {} });
            const run = await made.installFrozen();
            assertRefused(made, run, name, "1.1.0");
            assertSeen(made, "lockfile", run, proxy.publicUrl);
          });

          it("asks for it again, or not, where it lies in a cache", () => {
            assert.deepEqual(askedWhenWarm.get(client), ASKED_WHEN_WARM[client]);
          });

          const does = ASKS_NOBODY.has(client) ? "installs it from the cache, unless it is told to ask" : "refuses it";
          it(`${does} where it lies in a cache`, async () => {
            const made = warm.get(client);
            assert.ok(made);
            made.forget();
            forgetPages(made);
            const before = heard.length;
            let run = await made.installFrozen();
            if (ASKS_NOBODY.has(client)) {
              assert.equal(run.code, 0, run.output);
              assert.equal(made.installed(name), "1.1.0");
              assert.deepEqual(askedAbout(name, heard.slice(before)), []);
              made.forget();
              run = await made.run("sync", "--locked", "--refresh");
            }
            assert.notEqual(run.code, 0, run.output);
            assert.equal(made.installed(name), undefined);
            assert.ok(showsSentence(run.output, `pkg:pypi/${name}@1.1.0`), run.output);
          });
        });

        for (const [what, spec] of [
          ["the bare name", "only-evil"],
          ["a range", "only-evil>=1.0"],
        ] as const)
          it(`shows why of ${what} of a project of which nothing is allowed`, async () => {
            await using made = project(client);
            const run = await made.add(spec);
            assertRefused(made, run, "only-evil", "1.1.0");
            if (spec === "only-evil") assertSeen(made, "nothing-allowed", run, proxy.publicUrl);
          });

        it("passes a release by that is too young, and refuses its pin until it is not", async () => {
          await using ranged = project(client);
          assertInstalled(ranged, await ranged.add("fresh"), "fresh", "1.0.0");
          await using pinned = project(client);
          const run = await pinned.add("fresh==1.0.1");
          assertRefused(pinned, run, "fresh", "1.0.1");
          assert.ok(joined(run.output).includes("until2026-11-24T12:00:00Z"), run.output);
          assertSeen(pinned, "held", run, proxy.publicUrl);
        });

        it("installs from an sdist where there is no wheel, and refuses a blocked one", async () => {
          await using made = project(client);
          assertInstalled(made, await made.add("src.only"), "src-only", "0.1.0");
          await using ranged = project(client);
          assertInstalled(ranged, await ranged.add("src-evil"), "src-evil", "0.1.0");
          await using pinned = project(client);
          assertRefused(pinned, await pinned.add("src-evil==0.2.0"), "src-evil", "0.2.0");
        });

        it("installs a wheel that has no METADATA beside it", async () => {
          await using made = project(client);
          assertInstalled(made, await made.add("bare"), "bare", "1.0.0");
        });

        it("treats what the upstream has yanked as it does without the proxy", async () => {
          await using ranged = project(client);
          assertInstalled(ranged, await ranged.add("recalled"), "recalled", "1.0.0");
          await using pinned = project(client);
          const run = await pinned.add("recalled==1.1.0");
          assertInstalled(pinned, run, "recalled", "1.1.0");
          // pdm does not tell.
          if (client !== "pdm") assert.match(run.output, /It deletes logs\./);
        });

        it("finds a project by another spelling, below an index without a slash at the end", async () => {
          await using made = project(client, { url: `${proxy.pypi}/simple` });
          assertInstalled(made, await made.add("SRC__only"), "src-only", "0.1.0");
          await using pinned = project(client, { url: `${proxy.pypi}/simple` });
          assertRefused(pinned, await pinned.add("Src_Evil==0.2"), "src-evil", "0.2.0");
        });

        // poetry waits between its tries, so that two failures at a time cost no more.
        it("installs no bytes but those that are listed", async () => {
          await using made = project(client);
          await using told = project(client);
          const [run, other] = await Promise.all([made.add("tampered"), told.add("retold")]);
          assertFailed(made, run, "tampered");
          assertSeen(made, "other-bytes", run, proxy.publicUrl);
          if (READS_THE_FILE.has(client)) assertInstalled(told, other, "retold", "1.0.0");
          else assertFailed(told, other, "retold");
          // What the false METADATA asks for.
          assert.equal(told.installed("dep"), undefined);
        });

        it("fails where the upstream is away, and asks nobody else", async () => {
          await using made = project(client);
          await using half = project(client);
          const [run, other] = await Promise.all([made.add("away"), half.add("half-away")]);
          assertFailed(made, run, "away");
          assert.match(run.output, OF_AN_INDEX_AWAY[client]);
          assertFailed(half, other, "half-away");
          assert.match(other.output, /502/);
          assertSeen(made, "away", run, proxy.publicUrl);
        });

        it("fails where there is no such project, and asks nobody else", async () => {
          await using made = project(client);
          const run = await made.add("nowhere");
          assertFailed(made, run, "nowhere");
          assert.match(run.output, OF_NO_PROJECT[client]);
        });

        const makesOf = FOLLOWS_NO_LOCKED_INDEX.has(client) ? "installs from here" : "does not take";
        it(`${makesOf} what was locked with another index`, async () => {
          const other = await startPypi(PROJECTS);
          await using _ = closing(other);
          const dependencies = ["dep==1.1.0"];
          await using locked = project(client, { url: other.simple.href, dependencies });
          const { code, output } = await locked.lock();
          assert.equal(code, 0, output);
          const before = other.requests.length;
          const files = { [pythonLockfileName(client)]: locked.lockfile() ?? "" };
          await using made = project(client, { dependencies, files });
          const run = await made.installFrozen();
          if (FOLLOWS_NO_LOCKED_INDEX.has(client)) assertInstalled(made, run, "dep", "1.1.0");
          else assertFailed(made, run, "dep");
          assert.equal(other.requests.length, before);
          // docs/CLIENTS.md tells people what to do about this.
          if (client === "uv") {
            assertInstalled(made, await made.run("sync", "--frozen"), "dep", "1.1.0");
            assert.ok(other.requests.length > before);
          }
        });

        if (client === "uv")
          it("asks the public index as well where the proxy is not the default one", async () => {
            const past = await listen();
            await using _ = closing(past);
            const files = { "uv.toml": `[[index]]\nname = "cordon"\nurl = "${index(proxy)}"\n` };
            await using made = project(client, { files, outside: past.url });
            assertFailed(made, await made.add("nowhere"), "nowhere");
            assert.ok(past.requests.length > 0);
          });

        describe("with an index that has HTML only, and its files elsewhere", () => {
          const through = () => project(client, { url: index(old.proxy) });

          it("installs the highest allowed release of a range, also from an sdist", async () => {
            await using made = through();
            assertInstalled(made, await made.add("host", "src-evil"), "dep", "1.1.0");
            assert.equal(made.installed("src-evil"), "0.1.0");
          });

          it("refuses the exact pin of a blocked release", async () => {
            await using made = through();
            assertRefused(made, await made.add("dep==1.2.0"), "dep", "1.2.0", old.proxy);
          });

          it("shows why of a project of which nothing is allowed", async () => {
            await using made = through();
            assertRefused(made, await made.add("only-evil"), "only-evil", "1.1.0", old.proxy);
          });
        });
      });
    }
  });

  describe("with plain requests for files", () => {
    const NAMES = ["dep-1.2.0-py3-none-any.whl", "dep-1.2.0-py3-none-any.whl.metadata", "dep-1.2.0.tar.gz"];
    const FILES = [...NAMES, ...NAMES.map((name) => `blocked/${name}`)];

    it("refuses every file of a blocked release, and asks for no byte of it", async () => {
      const { bytes, requests } = pypi;
      const asked = requests.length;
      for (const file of FILES) {
        for (const init of [{}, { method: "HEAD" }, { headers: { range: "bytes=0-9" } }]) {
          const answer = await fetch(`${proxy.pypi}/files/dep/${file}`, init);
          assert.equal(answer.status, 403, file);
          // uv shows the reason of exactly this type.
          assert.equal(answer.headers.get("content-type"), "application/problem+json");
          const body = await answer.text();
          if (!("method" in init)) assert.match(body, /"detail":"cordon: blocked pkg:pypi\/dep@1\.2\.0: .*MAL-2026-1/);
        }
      }
      assert.equal(requests.length, asked);
      assert.equal(pypi.bytes, bytes);
    });

    it("gives every file of an allowed release as the index has it", async () => {
      const project = PROJECTS[0];
      assert.ok(project);
      for (const file of buildFiles(project).filter(({ version }) => version === "1.1.0")) {
        // A release that was held has the other address in pages of before.
        for (const path of [file.filename, `blocked/${file.filename}`]) {
          const answer = await fetch(`${proxy.pypi}/files/dep/${path}`);
          assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(file.bytes));
        }
      }
    });

    it("holds what an index without times lists, where a rule wants to know", async () => {
      const timely = makeBundleFolder();
      await timely.sign();
      const one = await startTestProxy(timely, old.index);
      await using _ = closing({ close: () => one.close().then(timely.remove) });
      const answer = await fetch(`${one.pypi}/files/dep/dep-1.1.0-py3-none-any.whl`);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /cordon: held pkg:pypi\/dep@1\.1\.0: No publish time/);
    });
  });

  it("lets no byte of a denied release through, and no client past it", async () => {
    await assertWire();
    const files = new Set([pypi, old.files].flatMap(({ requests }) => requests.filter(isFile).map(releaseOf)));
    assert.deepEqual([...files].sort(), [
      "pkg:pypi/bare@1.0.0",
      "pkg:pypi/dep@1.1.0",
      "pkg:pypi/fresh@1.0.0",
      "pkg:pypi/half-away@1.0.0",
      "pkg:pypi/host@2.0.0",
      "pkg:pypi/recalled@1.0.0",
      "pkg:pypi/recalled@1.1.0",
      "pkg:pypi/retold@1.0.0",
      "pkg:pypi/src-evil@0.1.0",
      "pkg:pypi/src-only@0.1.0",
      "pkg:pypi/tampered@1.0.0",
      // When the lockfiles were made.
      ...PYTHON_CLIENTS.map((client) => `pkg:pypi/${turnedOf(client)}@1.1.0`).sort(),
    ]);
    // The other clients got the bytes that were checked for the first one.
    assert.equal(pypi.requests.filter((path) => path.endsWith("/dep-1.1.0-py3-none-any.whl")).length, 1);
    for (const client of PYTHON_CLIENTS)
      assert.equal(pypi.requests.filter((path) => path.endsWith(`/turned_${client}-1.1.0-py3-none-any.whl`)).length, 1);
    assert.deepEqual(old.index.requests.filter(isFile), []);
  });
});

/** What stays open keeps the process from ending. */
function closing(server: { close(): Promise<void> }): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => server.close() };
}

/** No rule on age: nobody knows one. */
async function startOld() {
  const files = await startPypi(PROJECTS);
  const index = await startPypi(PROJECTS, { forms: "html", files: new URL("files", files.url).href });
  const folder = makeBundleFolder();
  await folder.sign({ source: { policies: [MALWARE_POLICY] }, records: RECORDS });
  const proxy = await startTestProxy(folder, index, { fileOrigins: new Map([["pypi", [files.url.origin]]]) });
  return { files, index, folder, proxy };
}

/** The files that were asked for more often than the gate allowed one of their release. */
function notAllowed(files: readonly string[], decisions: readonly LoggedDecision[]): string[] {
  const allowed = new Map<string, number>();
  for (const decision of decisions) {
    if (decision.kind !== "file" || !permits(decision)) continue;
    allowed.set(decision.purl, (allowed.get(decision.purl) ?? 0) + 1);
  }
  return files.filter((path) => {
    const release = releaseOf(path);
    const left = allowed.get(release) ?? 0;
    allowed.set(release, left - 1);
    return left <= 0;
  });
}

/** What was asked for about a project. */
function askedAbout(name: string, paths: readonly string[]): string[] {
  return paths
    .filter((path) => path.startsWith("/pypi/") && path.includes(`/${name}/`))
    .map((path) => (path.startsWith("/pypi/simple/") ? "page" : path.endsWith(".metadata") ? "metadata" : "file"));
}

/** As if the minute were over for which clients need not ask for a page again; files stay. */
function forgetPages({ path }: PythonProject): void {
  rmSync(join(path, ".poetry-cache/cache/repositories"), { recursive: true, force: true });
  const uv = join(path, ".uv-cache");
  for (const name of readdirSync(path).includes(".uv-cache") ? readdirSync(uv) : [])
    if (name.startsWith("simple-")) rmSync(join(uv, name), { recursive: true });
}
