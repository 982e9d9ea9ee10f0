/**
 * The whole npm family through the proxy. What a client shows of a refusal differs, and so does what it makes of an
 * optional or a peer dependency; what it gets does not. `CORDON_UPDATE_SEEN=1` writes `seen/` anew.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseReleasePurl } from "../../core/purl.ts";
import { permits } from "../../core/verdict.ts";
import {
  CLIENTS,
  type ClientName,
  type ClientProject,
  type ClientRun,
  lockfileName,
  makeClientProject,
  type ProjectOptions,
} from "../support/clients.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { inLanes, LANES } from "../support/lanes.ts";
import { type Listener, listen } from "../support/listener.ts";
import { tarball } from "../support/packument.ts";
import { malwareRecord } from "../support/policies.ts";
import {
  type BundleFolder,
  type LoggedDecision,
  makeBundleFolder,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { joined, showsSentence } from "../support/terminal.ts";

const YOUNG = "2026-11-21T12:00:00Z";
const PACKAGES = [
  { name: "dep", releases: [{ version: "1.0.0" }, { version: "1.1.0" }, { version: "1.2.0" }] },
  { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.0.1", published: YOUNG }] },
  { name: "@acme/bad", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  { name: "only-evil", releases: [{ version: "1.0.0" }] },
  { name: "turned", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  {
    name: "optional-host",
    releases: [{ version: "1.0.0", manifest: { optionalDependencies: { "only-evil": "1.0.0" } } }],
  },
  { name: "peer-host", releases: [{ version: "1.0.0", manifest: { peerDependencies: { "only-evil": "1.0.0" } } }] },
];
const RECORDS = [
  malwareRecord("dep", ["1.2.0"]),
  malwareRecord("only-evil", ["1.0.0"], "MAL-2026-2"),
  malwareRecord("@acme/bad", ["1.1.0"], "MAL-2026-3"),
];
const TURNED = malwareRecord("turned", ["1.1.0"], "MAL-2026-4");

/**
 * How much of the reason reaches the person, the best first: the sentence; an address that names policy and advisory;
 * the address of the file, where the sentence can be read; nothing but that there is no such version.
 */
type Tells = "sentence" | "address" | "file" | "nothing";
type ByClient<T> = Readonly<Record<ClientName, T>>;

const OF_A_PIN: ByClient<Tells> = {
  npm: "sentence",
  pnpm10: "sentence",
  // It prints no reason phrase and no body of a file, only its address.
  pnpm12: "address",
  yarn1: "sentence",
  yarn4: "sentence",
  bun: "sentence",
};

/** No listing is asked for: what a client makes of a 403 is all there is. */
const OF_A_LOCKFILE: ByClient<Tells> = {
  npm: "sentence",
  pnpm10: "sentence",
  pnpm12: "file",
  yarn1: "file",
  yarn4: "sentence",
  bun: "file",
};

const SEEN = fileURLToPath(new URL("./seen/", import.meta.url));

describe("the npm family through the proxy", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let outside: Listener;
  let elsewhere: Listener;
  let repository: Folder;
  const lockfiles = new Map<ClientName, Record<string, string>>();

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({ records: RECORDS });
    proxy = await startTestProxy(folder, registry);
    outside = await listen();
    elsewhere = await listen(() => tarball("elsewhere", { version: "1.0.0" }));
    repository = makeRepository("from-git");
    await inLanes(CLIENTS, async (client) => {
      await using made = project(client);
      const { code, output } = await made.add("turned@1.1.0");
      assert.equal(code, 0, output);
      lockfiles.set(client, {
        "package.json": readFileSync(join(made.path, "package.json"), "utf8"),
        [lockfileName(client)]: made.lockfile() ?? "",
      });
    });
    await folder.sign({ revision: 2, records: [...RECORDS, TURNED] });
    await proxy.lifecycle.poll();
  });

  after(async () => {
    await proxy.close();
    for (const server of [registry, outside, elsewhere]) await server.close();
    for (const made of [folder, repository]) made.remove();
  });

  function project(client: ClientName, options: ProjectOptions = {}): ClientProject & AsyncDisposable {
    const made = makeClientProject(client, `${proxy.npm}/`, { outside: outside.url, ...options });
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  function tells({ output }: ClientRun, name: string, version: string): Tells {
    const shown = joined(output);
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    const file = `${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`;
    if (showsSentence(output, purl) && shown.includes(`${proxy.publicUrl}/-/why/${purl}`)) return "sentence";
    const why = /\/-\/blocked\/(known-malicious\/MAL-2026-\d|release-age\/too-young)\//.exec(shown)?.[0];
    if (why && shown.includes(`${proxy.npm}/${file.replace("/-/", why)}`)) return "address";
    return shown.includes(`${proxy.npm}/${file}`) ? "file" : "nothing";
  }

  function assertRefused(made: ClientProject, run: ClientRun, name: string, version: string, how: Tells): void {
    assert.notEqual(run.code, 0, run.output);
    assert.equal(made.installed(name), undefined);
    assert.deepEqual(made.unpacked(name), []);
    assert.ok(joined(run.output).includes(name), run.output);
    assert.equal(tells(run, name, version), how, run.output);
  }

  /** Each file that the registry was asked for, the gate had allowed; and nobody but the proxy has asked. */
  async function assertWire(): Promise<void> {
    const asked = [...registry.asked];
    assert.deepEqual(
      asked.filter(({ agent }) => agent !== "cordon"),
      [],
    );
    assert.deepEqual(outside.requests, [], "asked of other hosts");
    const files = asked.map(({ path }) => path).filter((path) => path.includes("/-/"));
    assert.deepEqual(notAllowed(files, await proxy.decisions()), []);
  }

  describe("with each client", { concurrency: LANES }, () => {
    for (const client of CLIENTS) {
      describe(client, () => {
        afterEach(assertWire);

        it("installs the highest allowed version of a range", async () => {
          await using made = project(client);
          const { code, output } = await made.add("dep@^1.0.0");
          assert.equal(code, 0, output);
          assert.equal(made.installed("dep"), "1.1.0");
        });

        it("installs an older version where `latest` is blocked", async () => {
          await using made = project(client);
          const { code, output } = await made.add("dep");
          assert.equal(code, 0, output);
          assert.equal(made.installed("dep"), "1.1.0");
        });

        it("refuses the exact pin of a blocked release", async () => {
          await using made = project(client);
          const run = await made.add("dep@1.2.0");
          assertRefused(made, run, "dep", "1.2.0", OF_A_PIN[client]);
          await assertSeen(made, "pin", run, proxy.publicUrl);
        });

        it("refuses the exact pin of a held release, here a scoped one", async () => {
          await using made = project(client);
          const run = await made.add("@acme/ui@1.0.1");
          assertRefused(made, run, "@acme/ui", "1.0.1", OF_A_PIN[client]);
        });

        it("refuses what a lockfile pinned before it was blocked", async () => {
          await using made = project(client, { files: lockfiles.get(client) ?? {} });
          const run = await made.installFrozen();
          assertRefused(made, run, "turned", "1.1.0", OF_A_LOCKFILE[client]);
          await assertSeen(made, "lockfile", run, proxy.publicUrl);
        });

        it("sees through an alias", async () => {
          await using ranged = project(client);
          const { code, output } = await ranged.add("kept@npm:dep@^1.0.0");
          assert.equal(code, 0, output);
          assert.equal(ranged.installed("kept"), "1.1.0");
          await using pinned = project(client);
          const run = await pinned.add("kept@npm:dep@1.2.0");
          assertRefused(pinned, run, "dep", "1.2.0", OF_A_PIN[client]);
          assert.equal(pinned.installed("kept"), undefined);
        });

        // The others take an optional dependency that cannot be fetched for a failure.
        const skips = ["npm", "pnpm12", "bun"].includes(client);
        it(`${skips ? "leaves a blocked optional dependency out" : "fails for a blocked optional dependency"}`, async () => {
          await using made = project(client);
          const { code, output } = await made.add("optional-host");
          assert.equal(code === 0, skips, output);
          assert.equal(made.installed("optional-host"), skips ? "1.0.0" : undefined);
          assert.deepEqual(made.unpacked("only-evil"), []);
        });

        // Neither yarn installs peers; it asks the project for them.
        const ignores = client.startsWith("yarn");
        it(`${ignores ? "does not install a blocked peer dependency" : "fails for a blocked peer dependency"}`, async () => {
          await using made = project(client);
          const run = await made.add("peer-host");
          assert.equal(run.code === 0, ignores, run.output);
          assert.deepEqual(made.unpacked("only-evil"), []);
          if (!ignores) assert.equal(tells(run, "only-evil", "1.0.0"), client === "bun" ? "address" : OF_A_PIN[client]);
        });

        it("judges what the packages of a workspace depend on", async () => {
          const own = client === "npm" || client === "yarn1" ? "1.0.0" : "workspace:*";
          const a = { name: "ws-a", dependencies: { dep: "^1.0.0" } };
          const b = { name: "ws-b", dependencies: { "ws-a": own, "@acme/ui": "1.x" } };
          await using good = project(client, { workspaces: { "packages/a": a, "packages/b": b } });
          const { code, output } = await good.install();
          assert.equal(code, 0, output);
          assert.equal(good.installed("dep", "packages/a"), "1.1.0");
          assert.equal(good.installed("@acme/ui", "packages/b"), "1.0.0");
          const c = { name: "ws-c", dependencies: { dep: "1.2.0" } };
          await using bad = project(client, { workspaces: { "packages/c": c } });
          assertRefused(bad, await bad.install(), "dep", "1.2.0", OF_A_PIN[client]);
        });

        it("refuses a package of which everything is blocked", async () => {
          await using made = project(client);
          const run = await made.add("only-evil");
          // pnpm 12 asks what `latest` is first, and shows the reason phrase of that.
          assertRefused(made, run, "only-evil", "1.0.0", client === "pnpm12" ? "sentence" : OF_A_PIN[client]);
        });

        it("refuses a blocked release of a scoped package", async () => {
          await using made = project(client);
          assertRefused(made, await made.add("@acme/bad@1.1.0"), "@acme/bad", "1.1.0", OF_A_PIN[client]);
        });

        it("fetches dependencies that are URLs past the proxy", async () => {
          const before = elsewhere.requests.length;
          await using made = project(client);
          const { code, output } = await made.add(`elsewhere@${elsewhere.url}/elsewhere-1.0.0.tgz`);
          assert.equal(code, 0, output);
          assert.equal(made.installed("elsewhere"), "1.0.0");
          assert.ok(elsewhere.requests.length > before);
          assert.ok(!registry.requests.some((path) => path.includes("elsewhere")));
        });

        it("fetches git dependencies past the proxy", {
          skip: client === "yarn4" && "yarn 4 takes no git+file:// address",
        }, async () => {
          await using made = project(client);
          const { code, output } = await made.add(`from-git@git+file://${repository.path}`);
          assert.equal(code, 0, output);
          assert.equal(made.installed("from-git"), "1.0.0");
          assert.ok(!registry.requests.some((path) => path.includes("from-git")));
        });
      });
    }
  });

  describe("with plain requests for files", () => {
    const fileOf = (version: string) => `${proxy.npm}/dep/-/dep-${version}.tgz`;
    const bytes = Buffer.from(tarball("dep", { version: "1.1.0" }));

    it("answers HEAD without the file, and without asking for it", async () => {
      const asked = registry.requests.length;
      const allowed = await fetch(fileOf("1.1.0"), { method: "HEAD" });
      assert.equal(allowed.status, 200);
      assert.equal((await allowed.arrayBuffer()).byteLength, 0);
      assert.equal((await fetch(fileOf("1.2.0"), { method: "HEAD" })).status, 403);
      assert.equal(registry.requests.length, asked);
    });

    it("gives a part of a file that was checked whole, and refuses one of a blocked file", async () => {
      for (const [range, part] of [
        ["bytes=0-9", bytes.subarray(0, 10)],
        ["bytes=-10", bytes.subarray(-10)],
      ] as const) {
        const allowed = await fetch(fileOf("1.1.0"), { headers: { range } });
        assert.equal(allowed.status, 206);
        assert.deepEqual(Buffer.from(await allowed.arrayBuffer()), part);
        const blocked = await fetch(fileOf("1.2.0"), { headers: { range } });
        assert.equal(blocked.status, 403);
        assert.match(await blocked.text(), /cordon: blocked pkg:npm\/dep@1\.2\.0/);
      }
    });

    it("judges a file before it says that it has not changed", async () => {
      const headers = { "if-none-match": (await fetch(fileOf("1.1.0"), { method: "HEAD" })).headers.get("etag") ?? "" };
      const asked = registry.requests.length;
      assert.equal((await fetch(fileOf("1.1.0"), { headers })).status, 304);
      const hex = createHash("sha512")
        .update(tarball("dep", { version: "1.2.0" }))
        .digest("hex");
      for (const etag of ["*", `"${hex}"`])
        assert.equal((await fetch(fileOf("1.2.0"), { headers: { "if-none-match": etag } })).status, 403);
      assert.equal(registry.requests.length, asked);
    });

    it("tells the whole reason at every address that a client may have shown", async () => {
      for (const path of [
        "/dep/-/dep-1.2.0.tgz",
        "/dep/-/blocked/known-malicious/MAL-2026-1/dep-1.2.0.tgz",
        "/turned/-/turned-1.1.0.tgz",
        "/@acme/bad/-/bad-1.1.0.tgz",
        "/@acme%2fbad/-/bad-1.1.0.tgz",
        "/@acme%2Fbad/-/bad-1.1.0.tgz",
      ]) {
        const answer = await fetch(`${proxy.npm}${path}`);
        assert.equal(answer.status, 403, path);
        assert.match(((await answer.json()) as { error: string }).error, /^cordon: blocked .*MAL-2026-\d\)\. Why/);
      }
    });
  });

  it("lets no byte of a denied release through, and no client past it", async () => {
    await assertWire();
    const files = new Set(registry.requests.filter((path) => path.endsWith(".tgz")));
    assert.deepEqual([...files].sort(), [
      "/@acme/ui/-/ui-1.0.0.tgz",
      "/dep/-/dep-1.1.0.tgz",
      "/optional-host/-/optional-host-1.0.0.tgz",
      "/peer-host/-/peer-host-1.0.0.tgz",
      // When the lockfiles were made.
      "/turned/-/turned-1.1.0.tgz",
    ]);
    // The other clients got the bytes that were checked for the first one.
    assert.equal(registry.requests.filter((path) => path === "/turned/-/turned-1.1.0.tgz").length, 1);
  });
});

/** The files that were asked for more often than the gate allowed it. */
function notAllowed(files: readonly string[], decisions: readonly LoggedDecision[]): string[] {
  const allowed = new Map<string, number>();
  for (const decision of decisions) {
    if (decision.kind !== "file" || !permits(decision)) continue;
    const { name, version } = parseReleasePurl(decision.purl);
    const path = `/${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`;
    allowed.set(path, (allowed.get(path) ?? 0) + 1);
  }
  return files.filter((path) => {
    const left = allowed.get(path) ?? 0;
    allowed.set(path, left - 1);
    return left <= 0;
  });
}

function makeRepository(name: string): Folder {
  const made = makeFolder({ "package.json": JSON.stringify({ name, version: "1.0.0" }) });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: made.path, stdio: "pipe" });
  git("init", "--quiet");
  git("add", ".");
  git("-c", "user.name=A", "-c", "user.email=a@acme.example", "-c", "commit.gpgsign=false", "commit", "-qm", "One");
  return made;
}

/** What a person sees, as a file that a change of it shows in. */
async function assertSeen(
  made: ClientProject,
  situation: string,
  { output }: ClientRun,
  publicUrl: string,
): Promise<void> {
  const file = join(SEEN, `${made.client}-${situation}.txt`);
  const seen = normalised(output, made.path, publicUrl);
  if (process.env["CORDON_UPDATE_SEEN"] === "1") {
    mkdirSync(SEEN, { recursive: true });
    writeFileSync(file, seen);
  }
  // npm is the machine's; the others are this checkout's.
  const version = made.client === "npm" ? (await made.run("--version")).output.trim() : undefined;
  if (version !== undefined && !version.startsWith("11."))
    return console.log(`# what npm ${version} shows is not compared: seen/ is of npm 11`);
  assert.equal(seen, readFileSync(file, "utf8"));
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Without what differs from run to run: ports, folders, times, versions, progress, stacks, and other hosts' addresses. */
function normalised(output: string, path: string, publicUrl: string): string {
  const host = publicUrl.replace(/\d+$/, "PORT");
  return `${output
    .replaceAll(publicUrl, host)
    .replaceAll(encodeURIComponent(publicUrl), encodeURIComponent(host))
    .replaceAll(path, "PROJECT")
    .replaceAll(ROOT, "CHECKOUT/")
    .replace(/https:\/\/[^\s]+/g, "https://…")
    .replace(/_logs\/[\w-]+\.log/, "_logs/LOG")
    .replace(/\b(bun \w+ v|pnpm v|yarn \w+ v|Yarn )[\d.]+( \(\w+\))?/g, "$1VERSION")
    .replace(/^Progress: .*\n/gm, "")
    .replace(/^ {4}at .*\n?/gm, "")
    .replace(/(Completed) in .*/g, "$1")
    .replace(/\b(\d+s )?[\d.]+m?s\b/g, "TIME")
    .replace(/extracted \[\d+\]/g, "extracted [N]")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim()}\n`;
}
