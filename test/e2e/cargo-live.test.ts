/** A smoke test against the index that this machine's cargo is set to; its publish times are not relied on. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { upstreamUrl } from "../../core/config.ts";
import { requireEcosystem } from "../../core/ecosystems/index.ts";
import { createFetch } from "../../core/http.ts";
import { type CargoProject, makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const upstream = upstreamUrl("cargo", undefined);
const reason = NO_CARGO ?? (await withoutIndex());
if (reason) console.log(`# the live test is skipped: ${reason}`);

async function withoutIndex(): Promise<string | undefined> {
  try {
    const { status, body } = await createFetch()(new URL("config.json", withSlash(upstream)), {
      maxBytes: 64 * 1024,
      timeoutMs: 10_000,
    });
    body.destroy();
    return status === 200 ? undefined : `the index of this machine answers ${status}`;
  } catch (error) {
    return `the index of this machine cannot be reached (${(error as Error).message})`;
  }
}

function withSlash({ href }: URL): string {
  return href.endsWith("/") ? href : `${href}/`;
}

/** With long entries, build scripts, procedural macros, a name of both cases, and dependencies of dependencies. */
const POPULAR = [
  "anyhow",
  "bitflags",
  "clap",
  "Inflector",
  "itoa",
  "libc",
  "log",
  "once_cell",
  "regex",
  "serde",
  "serde_json",
  "thiserror",
];
const DEPENDENCIES = {
  ...Object.fromEntries(POPULAR.map((name) => [name, "*"])),
  serde: { version: "1", features: ["derive"] },
};

describe("cargo through the proxy, from the real index", { skip: reason ?? false }, () => {
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    const options = {
      upstreams: new Map([["cargo", upstream] as const]),
      fileOrigins: new Map([["cargo", "public"] as const]),
    };
    proxy = await startTestProxy(folder, { url: upstream }, options);
  });
  after(async () => {
    await proxy?.close();
    folder?.remove();
  });

  it("locks the same releases of popular crates as without it, and fetches them", { timeout: 300_000 }, async () => {
    const environment = reachable();
    // Without a setting, where it is cargo's own: that one cannot be put in its own place.
    const isOwn = upstream.href === requireEcosystem("cargo").publicRegistry();
    const direct = project(withSlash(upstream), environment, isOwn ? { ".cargo/config.toml": "" } : {});
    const through = project(`${proxy.publicUrl}/cargo/`, environment);
    try {
      for (const made of [direct, through]) {
        const { code, output } = await made.generateLockfile();
        assert.equal(code, 0, output);
      }
      assert.ok(POPULAR.every((name) => through.locked(name) !== undefined));
      assert.equal(through.lockfile(), direct.lockfile());
      const { code, output } = await through.fetch("--locked");
      assert.equal(code, 0, output);
      assert.deepEqual(through.unpacked("Inflector"), [through.locked("Inflector")]);
    } finally {
      for (const made of [direct, through]) made.remove();
    }
  });
});

type Texts = Readonly<Record<string, string>>;

function project(index: string, environment: Texts, files: Texts = {}): CargoProject {
  return makeCargoProject(`sparse+${index}`, { dependencies: DEPENDENCIES, environment, files });
}

/** As this machine reaches other hosts, which the projects of other tests must not. */
function reachable(): Record<string, string> {
  const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "CARGO_HTTP_CAINFO", "SSL_CERT_FILE"];
  const own = names.flatMap((name) => {
    const value = process.env[name] ?? (/proxy$/i.test(name) ? "" : undefined);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(own), NO_PROXY: withLoopback("NO_PROXY"), no_proxy: withLoopback("no_proxy") };
}

function withLoopback(name: string): string {
  return [process.env[name], "127.0.0.1"].filter(Boolean).join(",");
}
