/**
 * What every ecosystem promises, whatever its protocol: one suite, asked of each through the proxy. An ecosystem is a line of
 * `ECOSYSTEMS_UNDER_TEST`; what is its own has tests of its own.
 */
import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, describe, it } from "node:test";
import { ECOSYSTEMS } from "../../core/ecosystems/index.ts";
import type { PurlType } from "../../core/purl.ts";
import { startCrates } from "../support/crates-registry.ts";
import { startModules } from "../support/go-modules.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { startPypi } from "../support/pypi-registry.ts";
import { type Answer, startRegistry } from "../support/registry.ts";
import { send } from "../support/send.ts";

/** A registry that has `dep` in 1.0.0, 1.1.0 and 1.2.0, of which the last is malicious. */
interface Upstream {
  readonly registry: URL;
  readonly requests: readonly string[];
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
  /** Where it has the listing of `dep`. */
  readonly listing: string;
}

let counter = 0;

interface Case {
  /** As OSV names the ecosystem. */
  readonly osv: string;
  start(): Promise<Upstream>;
  /** Below the mount. */
  readonly listing: (name: string) => string;
  readonly file: (version: string) => string;
  /** The versions that a client may choose from a listing. */
  readonly chosen: (listing: string) => readonly string[];
  /** Media type of a refusal. */
  readonly refusal: string;
  /** Left out: `dep`. */
  readonly package?: string;
  /** As the ecosystem writes a version; left out: as it is. */
  readonly version?: (plain: string) => string;
  /** A document that cannot be judged; left out: one that is no UTF-8. */
  readonly unreadable?: Uint8Array;
}

const NO_UTF_8 = Buffer.from([0xff, 0xfe, 0x7b]);
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0"];
const DENIED = "1.2.0";
const releases = VERSIONS.map((version) => ({ version }));

const ECOSYSTEMS_UNDER_TEST: Readonly<Partial<Record<PurlType, Case>>> = {
  npm: {
    osv: "npm",
    async start() {
      const registry = await startRegistry([{ name: "dep", releases }]);
      return { ...registry, registry: registry.url, answer: registry.answer, listing: "/dep" };
    },
    listing: (name) => `/${name}`,
    file: (version) => `/dep/-/dep-${version}.tgz`,
    chosen(listing) {
      const { versions } = JSON.parse(listing) as { versions: Record<string, { deprecated?: string }> };
      return Object.keys(versions).filter((version) => versions[version]?.deprecated === undefined);
    },
    refusal: "application/json; charset=utf-8",
  },
  pypi: {
    osv: "PyPI",
    async start() {
      const pypi = await startPypi([{ name: "dep", releases }]);
      return { ...pypi, registry: pypi.simple, answer: pypi.answer, listing: "/simple/dep/" };
    },
    listing: (name) => `/simple/${name}/`,
    file: (version) => `/files/dep/dep-${version}-py3-none-any.whl`,
    chosen: (listing) =>
      [...listing.matchAll(/<a ([^>]*)>dep-([^-]+)-/g)]
        .filter(([, attributes = ""]) => !attributes.includes("data-yanked"))
        .map(([, , version = ""]) => version),
    refusal: "application/problem+json",
  },
  cargo: {
    osv: "crates.io",
    async start() {
      const crates = await startCrates([{ name: "dep", versions: releases }]);
      const registry = new URL(crates.index.slice("sparse+".length));
      return { ...crates, registry, answer: crates.answer, listing: crates.entryOf("dep") };
    },
    listing: (name) => `/3/${name[0]}/${name}`,
    file: (version) => `/crates/dep/${version}/download`,
    chosen: (listing) =>
      listing
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { vers: string; yanked: boolean })
        .filter(({ yanked }) => !yanked)
        .map(({ vers }) => vers),
    refusal: "text/plain; charset=utf-8",
  },
  golang: {
    osv: "Go",
    package: "example.com/dep",
    version: (plain) => `v${plain}`,
    async start() {
      const versions = VERSIONS.map((version) => ({ version: `v${version}` }));
      const modules = await startModules([{ path: "example.com/dep", versions }]);
      return { ...modules, registry: modules.url, answer: modules.answer, listing: "/example.com/dep/@v/list" };
    },
    listing: (name) => `/${name}/@v/list`,
    file: (version) => `/example.com/dep/@v/v${version}.zip`,
    chosen: (listing) =>
      listing
        .trim()
        .split("\n")
        .map((version) => version.slice(1)),
    refusal: "text/plain; charset=utf-8",
    // Without digests, what is served is checked by clients alone.
    unreadable: Buffer.from("v1\n".repeat(30_000).replace(/v1/g, () => `v1.0.${counter++}`)),
  },
};

for (const [type, { osv, start, listing, file, chosen, refusal, ...more }] of Object.entries(ECOSYSTEMS_UNDER_TEST)) {
  const { package: name = "dep", version: written = (plain: string) => plain, unreadable = NO_UTF_8 } = more;
  describe(`${type}, as every ecosystem`, () => {
    const mount = ECOSYSTEMS.get(type as PurlType)?.mount ?? "";
    let upstream: Upstream;
    let folder: BundleFolder;
    let proxy: TestProxy;

    before(async () => {
      upstream = await start();
      folder = makeBundleFolder();
      const record = {
        id: "MAL-2026-1",
        modified: "2026-11-01T00:00:00Z",
        affected: [{ package: { ecosystem: osv, name }, versions: [DENIED] }],
      };
      await folder.sign({ records: [record] });
      const upstreams = new Map([[type as PurlType, upstream.registry]]);
      proxy = await startTestProxy(folder, { url: upstream.registry }, { upstreams });
    });
    after(async () => {
      await proxy.close();
      await upstream.close();
      folder.remove();
    });

    const get = (path: string, method = "GET") => fetch(`${proxy.publicUrl}${mount}${path}`, { method });
    const statusOf = async (path: string, method = "GET") => {
      const answer = await get(path, method);
      await answer.arrayBuffer();
      return answer.status;
    };

    it("lets clients choose exactly what it lets them download", async () => {
      const offered = chosen(await (await get(listing(name))).text());
      assert.deepEqual(
        offered,
        VERSIONS.filter((version) => version !== DENIED),
      );
      for (const version of VERSIONS)
        assert.equal(await statusOf(file(version)), version === DENIED ? 403 : 200, version);
    });

    it("refuses with 403, a reason phrase, the form that clients read, and nothing to be kept", async () => {
      const { message, headers, text } = await send(`${proxy.publicUrl}${mount}${file(DENIED)}`, { method: "GET" });
      assert.equal(headers["content-type"], refusal);
      assert.equal(headers["cache-control"], "no-store");
      const purl = `pkg:${type}/${name}@${written(DENIED)}`;
      for (const said of [message, text.replaceAll("\n", " ")]) {
        assert.ok(said.includes(`blocked ${purl}: `), said);
        assert.match(said, /known-malicious, MAL-2026-1/);
      }
      assert.ok(text.includes(`${proxy.publicUrl}/-/why/${purl}`));
    });

    it("shows a browser the decision page in the place of a refused file", async () => {
      const headers = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
      const answer = await fetch(`${proxy.publicUrl}${mount}${file(DENIED)}`, { headers });
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [403, "text/html; charset=utf-8"]);
      assert.ok((await answer.text()).includes(`pkg:${type}/${name}@${written(DENIED)}`));
    });

    it("asks the upstream for nothing of what it refuses, and for the rest once", async () => {
      const asked = upstream.requests.filter((path) => path.includes("1.2.0"));
      assert.deepEqual(asked, []);
      const before = upstream.requests.length;
      await Promise.all([statusOf(file("1.0.0")), statusOf(file("1.0.0")), statusOf(listing(name))]);
      assert.equal(upstream.requests.length, before);
    });

    it("answers again only what has changed", async () => {
      const first = await get(listing(name));
      await first.arrayBuffer();
      const headers = { "if-none-match": first.headers.get("etag") ?? "" };
      const again = await fetch(`${proxy.publicUrl}${mount}${listing(name)}`, { headers });
      assert.equal(again.status, 304);
    });

    it("says how large a file is without sending it, and sends parts of it", async () => {
      const whole = Buffer.from(await (await get(file("1.0.0"))).arrayBuffer());
      const head = await get(file("1.0.0"), "HEAD");
      assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(whole.length)]);
      const part = await fetch(`${proxy.publicUrl}${mount}${file("1.0.0")}`, { headers: { range: "bytes=2-5" } });
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(2, 6));
    });

    it("has no version and no package that the upstream does not have", async () => {
      assert.equal(await statusOf(file("9.9.9")), 404);
      assert.equal(await statusOf(listing("nay")), 404);
    });

    it("takes nothing that is written to it", async () => {
      for (const method of ["POST", "PUT", "DELETE", "PATCH"])
        assert.equal(await statusOf(listing(name), method), 405, method);
    });

    it("goes nowhere by a path that climbs, or that is broken", async () => {
      const before = upstream.requests.length;
      for (const path of [
        "/../dep",
        "/%2e%2e/dep",
        "/..%2f..%2fetc",
        "/dep%00",
        "/%",
        "/a%2fb%2fc/../../dep",
        "//",
        "/.",
      ])
        assert.ok([400, 404].includes(await rawStatus(`${proxy.publicUrl}${mount}`, path)), path);
      assert.deepEqual(upstream.requests.slice(before), []);
    });

    it("passes on no document that it cannot read", async () => {
      const other = await start();
      const own = makeBundleFolder();
      await own.sign();
      const upstreams = new Map([[type as PurlType, other.registry]]);
      const second = await startTestProxy(own, { url: other.registry }, { upstreams });
      other.answer(other.listing, (_request, response) => response.end(unreadable));
      const answer = await fetch(`${second.publicUrl}${mount}${listing(name)}`);
      const text = await answer.text();
      await second.close();
      await other.close();
      own.remove();
      assert.equal(answer.status, 502, text);
    });

    it("serves nothing without a bundle", async () => {
      const empty = makeBundleFolder();
      const upstreams = new Map([[type as PurlType, upstream.registry]]);
      const bare = await startTestProxy(empty, { url: upstream.registry }, { upstreams });
      const statuses: number[] = [];
      for (const path of [listing(name), file("1.0.0")]) {
        const answer = await fetch(`${bare.publicUrl}${mount}${path}`);
        await answer.arrayBuffer();
        statuses.push(answer.status);
      }
      await bare.close();
      empty.remove();
      assert.deepEqual(statuses, [503, 503]);
    });
  });
}

it("asks every ecosystem that is served", () => {
  assert.deepEqual(Object.keys(ECOSYSTEMS_UNDER_TEST).sort(), [...ECOSYSTEMS.keys()].sort());
});

/** As it is written: fetch() would make another path of it. */
function rawStatus(base: string, path: string): Promise<number> {
  const { hostname, port, pathname } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, path: `${pathname}${path}` }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}
