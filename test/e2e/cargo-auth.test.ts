/** Cargo through a proxy behind somebody who lets in only whom he knows. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PROCESS_FILE } from "../../core/state.ts";
import type { ProxyOptions } from "../../proxy/server.ts";
import { makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const TOKEN = "a-token-for-the-proxy";
const OWN_TOKEN = "a-token-of-the-operator";

describe("cargo with a token for the proxy", { skip: NO_CARGO ?? false }, () => {
  let crates: FixtureCrates;
  let folder: BundleFolder;
  let gate: Server;
  let proxies: TestProxy[];
  /** Paths that were asked for, and whether with the token. */
  let seen: { readonly path: string; readonly isKnown: boolean }[];
  let target: URL;

  before(async () => {
    crates = await startCrates([{ name: "dep", versions: [{ version: "1.0.0" }] }]);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    [proxies, seen] = [[], []];
    gate = createServer((incoming, answer) => {
      const isKnown = incoming.headers.authorization === TOKEN;
      seen.push({ path: incoming.url ?? "", isKnown });
      if (!isKnown) return void answer.writeHead(401, { "www-authenticate": "Cargo" }).end();
      const { method, headers } = incoming;
      const passed = request(new URL(incoming.url ?? "", target), { method, headers }, (found) => {
        answer.writeHead(found.statusCode ?? 502, found.headers);
        found.pipe(answer);
      });
      incoming.pipe(passed);
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
  });

  after(async () => {
    for (const proxy of proxies) await proxy.close();
    gate.closeAllConnections();
    await new Promise((resolve) => gate.close(resolve));
    await crates.close();
    folder.remove();
  });

  async function runCargo(authRequired: readonly "cargo"[], more: Partial<ProxyOptions> = {}, ...args: string[]) {
    const publicUrl = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
    const upstreams = new Map([["cargo" as const, new URL("index/", crates.url)]]);
    const proxy = await startTestProxy(folder, crates, { publicUrl, upstreams, authRequired, ...more });
    proxies.push(proxy);
    target = new URL(JSON.parse(readFileSync(join(folder.path, "state", PROCESS_FILE), "utf8")).url);
    seen.length = 0;
    const project = makeCargoProject(`sparse+${publicUrl}/cargo/`, {
      form: "registry",
      token: TOKEN,
      dependencies: { dep: { version: "1", registry: "cordon" } },
    });
    try {
      return await project.run(...args);
    } finally {
      project.remove();
    }
  }

  it("sends it with everything where the proxy says that it is wanted, and the upstream never sees it", async () => {
    const { code, output } = await runCargo(["cargo"], {}, "fetch");
    assert.equal(code, 0, output);
    const unknown = seen.filter(({ isKnown }) => !isKnown).map(({ path }) => path);
    assert.deepEqual(new Set(unknown), new Set(["/cargo/config.json"]), "cargo asks first, and is told then");
    assert.deepEqual(
      new Set(seen.filter(({ isKnown }) => isKnown).map(({ path }) => path)),
      new Set(["/cargo/config.json", "/cargo/3/d/dep", "/cargo/crates/dep/1.0.0/download"]),
    );
    assert.ok(crates.asked.length > 0 && crates.asked.every(({ headers }) => headers.authorization === undefined));
  });

  it("sends it with a search too, and the upstream never sees it", async () => {
    const { code, output } = await runCargo(["cargo"], {}, "search", "dep", "--registry", "cordon");
    assert.equal(code, 0, output);
    assert.match(output, /^dep = "1\.0\.0"/m);
    assert.ok(seen.some(({ path, isKnown }) => path.startsWith("/cargo/api/v1/crates?") && isKnown));
    assert.ok(crates.asked.every(({ headers }) => headers.authorization === undefined));
  });

  it("gets crates of a registry that wants the operator's token, which sees that one alone", async () => {
    const own = await startCrates([{ name: "dep", versions: [{ version: "1.1.0" }] }], { token: OWN_TOKEN });
    const asked = crates.asked.length;
    try {
      const registry = { packages: ["dep"], registry: new URL("index/", own.url), token: OWN_TOKEN };
      const more = { privateRegistries: [{ ecosystem: "cargo", ...registry }] } as const;
      const { code, output } = await runCargo(["cargo"], more, "fetch");
      assert.equal(code, 0, output);
      assert.deepEqual(new Set(own.asked.map(({ headers }) => headers.authorization)), new Set([OWN_TOKEN]));
      assert.ok(own.requests.some((path) => path.startsWith("/dl/dep/")));
      assert.equal(crates.asked.length, asked, "the public registry does not hear of it");
    } finally {
      await own.close();
    }
  });

  it("has no way in where the proxy does not say so", async () => {
    const { code } = await runCargo([], {}, "fetch");
    assert.notEqual(code, 0);
    assert.ok(seen.some(({ path, isKnown }) => path !== "/cargo/config.json" && !isKnown));
  });
});
