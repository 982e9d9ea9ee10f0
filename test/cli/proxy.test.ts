import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { startCordon } from "../support/cli.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type PublishRegistry, startPublishRegistry } from "../support/publish-registry.ts";
import { send } from "../support/send.ts";
import { until } from "../support/until.ts";

describe("cordon proxy --config", () => {
  let open: PublishRegistry;
  let own: PublishRegistry;
  let folder: BundleFolder;

  before(async () => {
    [open, own] = await Promise.all([startPublishRegistry({ token: "x" }), startPublishRegistry({ token: "x" })]);
    folder = makeBundleFolder();
    await folder.sign({ created: new Date(Date.now() - 60_000) });
  });

  after(async () => {
    for (const registry of [open, own]) await registry.close();
    folder.remove();
  });

  /** Starts a proxy with these lines below `proxy`, and gives the statuses of a write to each registry. */
  async function statuses(publish: object, privately: object): Promise<number[]> {
    const config = folder.write(
      "cordon.yaml",
      JSON.stringify({
        apiVersion: "cordon/v1",
        kind: "Cordon",
        upstreams: { npm: open.url.href },
        proxy: {
          ...{ bundle: "dir:bundle", trust: "cordon.pub", listen: "127.0.0.1:0", state: "state" },
          ...publish,
          private: [{ ecosystem: "npm", packages: ["@acme/*"], registry: own.url.href, ...privately }],
        },
      }),
    );
    const child = startCordon(["proxy", "--config", config]);
    try {
      const npm = await address(child);
      const put = (path: string) => send(`${npm}${path}`, { headers: { authorization: "Bearer x" }, body: "{}" });
      return [await put("plain"), await put("@acme%2fui")].map(({ status }) => status);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }

  it("publishes to no registry of which the file does not say so", async () => {
    assert.deepEqual(await statuses({}, {}), [405, 405]);
    assert.deepEqual([open.writes, own.writes], [[], []]);
  });

  // What comes is no release, which is the registry's to say.
  it("publishes to each of which it does, and to no other", async () => {
    assert.deepEqual(await statuses({ publish: ["npm"] }, { publish: false }), [400, 405]);
    assert.deepEqual(await statuses({ publish: [] }, { publish: true }), [405, 400]);
    assert.deepEqual(
      [open.writes, own.writes].map((writes) => writes.map(({ path }) => path)),
      [["/plain"], ["/@acme%2fui"]],
    );
  });
});

describe("cordon proxy --config with a decision log's settings", () => {
  it("rotates, compresses and deletes as the file says", { timeout: 60_000 }, async () => {
    const folder = makeBundleFolder();
    await folder.sign({ created: new Date(Date.now() - 60_000) });
    const config = folder.write(
      "cordon.yaml",
      JSON.stringify({
        apiVersion: "cordon/v1",
        kind: "Cordon",
        upstreams: { npm: "http://127.0.0.1:9/" },
        proxy: {
          ...{ bundle: "dir:bundle", trust: "cordon.pub", listen: "127.0.0.1:0", state: "state" },
          decisionLog: { maxMiB: 1, maxAge: "1s", keep: 2, keepFor: "87600h" },
        },
      }),
    );
    const old = ["01", "02", "03"].map((day) => `decisions-202511${day}T000000.000Z.jsonl.gz`);
    for (const name of old) folder.write(`state/${name}`, gzipSync("{}\n"));
    // Full already, so that what is recorded next goes to another.
    folder.write("state/decisions.jsonl", `${JSON.stringify({ text: "x".repeat(1024 * 1024) })}\n`);
    const child = startCordon(["proxy", "--config", config]);
    const rotated = () => readdirSync(join(folder.path, "state")).filter((name) => /^decisions-/.test(name));
    try {
      await address(child);
      await until(() => rotated().length === 2 && rotated().every((name) => name.endsWith(".gz")));
      assert.equal(rotated()[0], old[2], "the newest of the old ones");
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
      folder.remove();
    }
  });
});

describe("cordon proxy --config, for clients with tokens", () => {
  for (const [title, settings, required] of [
    ["tells those to send them of which the file says so", { authRequired: ["cargo"] }, true],
    ["tells nobody so of which it does not", {}, undefined],
  ] as const)
    it(title, async () => {
      const folder = makeBundleFolder();
      await folder.sign({ created: new Date(Date.now() - 60_000) });
      const config = folder.write(
        "cordon.yaml",
        JSON.stringify({
          apiVersion: "cordon/v1",
          kind: "Cordon",
          upstreams: { npm: "http://127.0.0.1:9/", cargo: "http://127.0.0.1:9/" },
          proxy: {
            ...{ bundle: "dir:bundle", trust: "cordon.pub", listen: "127.0.0.1:0", state: "state" },
            ...settings,
          },
        }),
      );
      const child = startCordon(["proxy", "--config", config]);
      try {
        const answer = await fetch(new URL("../cargo/config.json", await address(child)));
        assert.equal(((await answer.json()) as Record<string, unknown>)["auth-required"], required);
      } finally {
        child.kill("SIGTERM");
        await once(child, "exit");
        folder.remove();
      }
    });
});

/** Where npm's registry is, once the proxy says so. */
async function address({ stdout }: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of stdout ?? []) {
    text += chunk;
    const found = /npm's registry is (\S+\/npm\/)\./.exec(text)?.[1];
    if (found) return found;
  }
  throw new Error(`no address: ${text}`);
}
