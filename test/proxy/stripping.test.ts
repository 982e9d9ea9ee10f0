import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { packument, tarball } from "../support/packument.ts";
import { policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const SCRIPTS = { postinstall: "node collect.js" };
const RELEASES = [
  { version: "1.0.0" },
  { version: "1.1.0", scripts: SCRIPTS, files: { "binding.gyp": "{}" } },
  { version: "2.0.0", scripts: { ...SCRIPTS, test: "node test.js" } },
];
const PACKAGES = [
  { name: "scripted", releases: RELEASES },
  {
    name: "many",
    releases: Array.from({ length: 100 }, (_, index) => ({ version: `1.${index}.0`, scripts: SCRIPTS })),
  },
  { name: "broken", releases: [{ version: "1.0.0" }, { version: "1.0.1", scripts: SCRIPTS }] },
  {
    name: "signed",
    releases: [
      {
        version: "1.0.0",
        scripts: SCRIPTS,
        manifest: { hasInstallScript: true, gypfile: true },
      },
    ],
  },
];

const stripPolicy = (mode: "rewrite" | "metadata") =>
  policyFile(
    "no-scripts",
    `  strip: ${mode}\n  rules: [{ name: scripts, condition: "release.installScripts.size() > 0", verdict: strip-scripts, message: It has install scripts. }]`,
  );

interface Manifest {
  readonly scripts?: Record<string, string>;
  readonly hasInstallScript?: boolean;
  readonly gypfile?: boolean;
  readonly deprecated?: string;
  readonly dist: {
    readonly tarball: string;
    readonly integrity: string;
    readonly shasum: string;
    readonly signatures?: unknown;
    readonly attestations?: unknown;
  };
}

interface Packument {
  readonly versions: Record<string, Manifest>;
  readonly "dist-tags": Record<string, string>;
}

describe("install scripts that a policy strips", () => {
  let registry: FixtureRegistry;
  let folders: BundleFolder[];
  let rewriting: TestProxy;
  let silencing: TestProxy;

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folders = [makeBundleFolder(), makeBundleFolder()];
    const start = async (folder: BundleFolder | undefined, mode: "rewrite" | "metadata") => {
      assert.ok(folder);
      await folder.sign({ source: { policies: [stripPolicy(mode)] } });
      return startTestProxy(folder, registry);
    };
    rewriting = await start(folders[0], "rewrite");
    silencing = await start(folders[1], "metadata");
  });

  after(async () => {
    await rewriting.close();
    await silencing.close();
    await registry.close();
    for (const folder of folders) folder.remove();
  });

  const listing = async (proxy: TestProxy, name: string) =>
    (await (await fetch(`${proxy.npm}/${name}`)).json()) as Packument;
  const bytesOf = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

  describe("from the file", () => {
    it("are in neither the listing nor the file, and the listing names the file that is served", async () => {
      const { versions } = await listing(rewriting, "scripted");
      for (const version of ["1.1.0", "2.0.0"]) {
        const manifest = versions[version];
        assert.ok(manifest);
        assert.equal(manifest.scripts?.["postinstall"], undefined);
        assert.match(manifest.dist.tarball, new RegExp(`/scripted/-/stripped/[0-9a-f]{12}/scripted-${version}\\.tgz$`));
        const bytes = await bytesOf(manifest.dist.tarball);
        assert.equal(`sha512-${createHash("sha512").update(bytes).digest("base64")}`, manifest.dist.integrity);
        assert.equal(createHash("sha1").update(bytes).digest("hex"), manifest.dist.shasum);
        assert.doesNotMatch(gunzipSync(bytes).toString("latin1"), /collect\.js|binding\.gyp/);
      }
      assert.equal(versions["2.0.0"]?.scripts?.["test"], "node test.js");
    });

    it("leave a release without any as it is, at its own path", async () => {
      const { versions } = await listing(rewriting, "scripted");
      assert.equal(versions["1.0.0"]?.dist.tarball, `${rewriting.npm}/scripted/-/scripted-1.0.0.tgz`);
      assert.equal((await fetch(versions["1.0.0"]?.dist.tarball ?? "")).status, 200);
    });

    it("take signatures and attestations with them, which are on other bytes, and no other field", async () => {
      const upstream = (await (await fetch(new URL("/signed", registry.url))).json()) as Packument;
      const dist = { ...upstream.versions["1.0.0"]?.dist, signatures: [{ sig: "x" }], attestations: { url: "x" } };
      const manifest = { ...upstream.versions["1.0.0"], dist, unknown: { kept: true } };
      registry.answer("/signed", (_request, response) =>
        response.end(JSON.stringify({ ...upstream, versions: { "1.0.0": manifest } })),
      );
      const served = (await listing(rewriting, "signed")).versions["1.0.0"];
      assert.ok(served);
      assert.equal(served.dist.signatures, undefined);
      assert.equal(served.dist.attestations, undefined);
      assert.equal(served.hasInstallScript, undefined);
      assert.equal(served.gypfile, undefined);
      assert.deepEqual((served as unknown as { unknown: object }).unknown, { kept: true });
      const silent = (await listing(silencing, "signed")).versions["1.0.0"];
      assert.deepEqual(silent?.dist.signatures, [{ sig: "x" }]);
    });

    it("refuse the registry's own file to a lockfile from elsewhere, and say how to go on", async () => {
      const answer = await fetch(`${rewriting.npm}/scripted/-/scripted-2.0.0.tgz`);
      assert.equal(answer.status, 403);
      const { error, decision } = (await answer.json()) as { error: string; decision: string };
      assert.equal(decision, "strip-scripts");
      assert.match(
        error,
        /served without its install scripts.*take its entry out of the lockfile and install it again/,
      );
    });

    it("are told in the log, with the digests of both files", async () => {
      const { versions } = await listing(rewriting, "scripted");
      await bytesOf(versions["2.0.0"]?.dist.tarball ?? "");
      const line = (await rewriting.decisions()).findLast(({ rewritten }) => rewritten !== undefined);
      const upstream = (await (await fetch(new URL("/scripted", registry.url))).json()) as Packument;
      assert.ok(line);
      const { from, to, removed } = line["rewritten"] as { from: { sha1: string }; to: string; removed: string[] };
      assert.equal(from.sha1, upstream.versions["2.0.0"]?.dist.shasum);
      assert.equal(to, versions["2.0.0"]?.dist.integrity);
      assert.deepEqual(removed, ["package.json: postinstall"]);
      assert.equal(line?.decision, "strip-scripts");
    });

    it("give the same file after a restart, whatever was kept", async () => {
      const [folder] = folders;
      assert.ok(folder);
      const before = (await listing(rewriting, "scripted")).versions["2.0.0"]?.dist;
      const again = await startTestProxy(folder, registry, { state: `${folder.path}/other-state` });
      const after = (await listing(again, "scripted")).versions["2.0.0"]?.dist;
      const path = new URL(before?.tarball ?? "").pathname;
      const bytes = await bytesOf(`${again.publicUrl}${path}`);
      await again.close();
      assert.equal(after?.integrity, before?.integrity);
      assert.equal(createHash("sha1").update(bytes).digest("hex"), before?.shasum);
    });

    it("are told apart by every digest, also where the registry names neither of the usual two", async () => {
      const sha256Only = (name: string, scripts?: Record<string, string>) => {
        const release = { version: "1.0.0", ...(scripts && { scripts }) };
        const bytes = tarball(name, release);
        const integrity = `sha256-${createHash("sha256").update(bytes).digest("base64")}`;
        const document = packument({ name, releases: [release] }, registry.url.origin) as unknown as Packument;
        const dist = { tarball: document.versions["1.0.0"]?.dist.tarball, integrity };
        const manifest = { ...document.versions["1.0.0"], hasInstallScript: true, dist };
        registry.answer(`/${name}`, (_request, response) =>
          response.end(JSON.stringify({ ...document, versions: { "1.0.0": manifest } })),
        );
        registry.answer(`/${name}/-/ui-1.0.0.tgz`, (_request, response) => response.end(bytes));
      };
      sha256Only("@mine/ui");
      sha256Only("@theirs/ui", SCRIPTS);
      assert.ok(!(await listing(rewriting, "@mine%2fui")).versions["1.0.0"]?.dist.tarball.includes("/stripped/"));
      assert.ok((await listing(rewriting, "@theirs%2fui")).versions["1.0.0"]?.dist.tarball.includes("/stripped/"));
    });

    it("hold back releases of a long list until their files are made, the newest first", async () => {
      const early = await listing(rewriting, "many");
      assert.equal(early["dist-tags"]["latest"], "1.99.0");
      assert.ok(early.versions["1.99.0"]?.dist.tarball.includes("/stripped/"));
      for (const { dist, deprecated } of Object.values(early.versions))
        assert.ok(dist.tarball.includes("/stripped/") || /written anew/.test(deprecated ?? ""), dist.tarball);
      for (let tries = 0; tries < 100; tries++) {
        const { versions } = await listing(rewriting, "many");
        if (Object.values(versions).every(({ dist }) => dist.tarball.includes("/stripped/"))) return;
      }
      assert.fail("they were never all made");
    });

    it("withhold a release whose file cannot be taken apart, and serve the others", async () => {
      registry.answer("/broken/-/broken-1.0.1.tgz", (_request, response) => response.end("not what it should be"));
      const { versions, "dist-tags": tags } = await listing(rewriting, "broken");
      assert.equal(tags["latest"], "1.0.0");
      assert.match(versions["1.0.1"]?.deprecated ?? "", /not those that the registry's metadata names/);
      const answer = await fetch(`${rewriting.npm}/broken/-/broken-1.0.1.tgz`);
      assert.equal(answer.status, 403);
      assert.equal((await fetch(`${rewriting.npm}/broken/-/broken-1.0.0.tgz`)).status, 200);
    });

    it("are tried again where the registry sent other bytes than it lists, and has the right ones since", async () => {
      const release = { version: "1.0.0", scripts: SCRIPTS };
      const [own, folder] = [await startRegistry([{ name: "late", releases: [release] }]), makeBundleFolder()];
      let [clock, isRight] = [NOW.getTime(), false];
      own.answer("/late/-/late-1.0.0.tgz", (_request, response) =>
        response.end(isRight ? tarball("late", release) : "<html>maintenance</html>"),
      );
      await folder.sign({ source: { policies: [stripPolicy("rewrite")] } });
      const proxy = await startTestProxy(folder, own, { now: () => new Date(clock) });
      const manifest = async () =>
        ((await (await fetch(`${proxy.npm}/late`)).json()) as Packument).versions["1.0.0"] as Manifest;
      assert.match((await manifest()).deprecated ?? "", /not those that the registry's metadata names/);
      isRight = true;
      assert.match((await manifest()).deprecated ?? "", /not those/, "it is left alone for a minute");
      clock += 61_000;
      assert.equal((await manifest()).deprecated, undefined);
      await proxy.close();
      await own.close();
      folder.remove();
    });

    it("are not there in a release's own document either", async () => {
      const manifest = (await (await fetch(`${rewriting.npm}/scripted/2.0.0`)).json()) as Manifest;
      assert.match(manifest.dist.tarball, /\/stripped\//);
      assert.equal(manifest.scripts?.["postinstall"], undefined);
    });
  });

  describe("from the listing alone", () => {
    it("are not named there, and the file is the registry's own, digests and all", async () => {
      const upstream = (await (await fetch(new URL("/scripted", registry.url))).json()) as Packument;
      const { versions } = await listing(silencing, "scripted");
      const [served, own] = [versions["2.0.0"], upstream.versions["2.0.0"]];
      assert.deepEqual(served?.scripts, { test: "node test.js" });
      assert.equal(served?.dist.integrity, own?.dist.integrity);
      assert.equal(served?.dist.tarball, `${silencing.npm}/scripted/-/scripted-2.0.0.tgz`);
      const bytes = await bytesOf(served?.dist.tarball ?? "");
      assert.equal(createHash("sha1").update(bytes).digest("hex"), own?.dist.shasum);
    });

    it("are not marked in the short form", async () => {
      const accept = "application/vnd.npm.install-v1+json";
      const answer = await fetch(`${silencing.npm}/scripted`, { headers: { accept } });
      const { versions } = (await answer.json()) as Packument;
      assert.equal(versions["2.0.0"]?.hasInstallScript, undefined);
    });
  });
});
