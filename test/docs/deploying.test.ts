import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { denoLines, fromSources, placed, runDeno, without } from "../support/deno-lines.ts";
import { freePort } from "../support/free-port.ts";
import { makeNpmProject } from "../support/npm.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const [LINE = []] = denoLines("proxy");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const skip = process.platform === "win32" && "the lines are for a POSIX shell";

describe("the line for Deno in docs/DEPLOYING.md", { skip, timeout: 180_000 }, () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let listen: string;
  let line: string[];

  before(async () => {
    registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }] }]);
    folder = makeBundleFolder();
    await folder.sign({ created: new Date(Date.now() - 60_000) });
    listen = `127.0.0.1:${await freePort()}`;
    line = fromSources(placed(LINE, { listen, registry: registry.url }));
  });

  after(async () => {
    await registry.close();
    folder.remove();
  });

  const run = (words: readonly string[], use?: () => Promise<void>, environment = {}) =>
    runDeno(words, folder.path, { listen, ...(use && { use }), environment });

  async function ask(path: string): Promise<string> {
    const answer = await fetch(`http://${listen}${path}`);
    return `${answer.status} ${await answer.text()}`;
  }

  it("is the same in README.md", () => {
    assert.deepEqual(denoLines("proxy", "README.md"), [LINE]);
  });

  it("allows no programs, no libraries, and nothing without naming it", () => {
    for (const word of LINE.slice(0, LINE.indexOf("proxy"))) {
      assert.doesNotMatch(word, /^(-A|--allow-(all|run|ffi|import|scripts)\b)/);
      if (word.startsWith("--allow-")) assert.match(word, /=[^*]+$/);
    }
  });

  it("lets an install through by the permissions that it names", async () => {
    const project = makeNpmProject(`http://${listen}/npm/`);
    try {
      const { code, output } = await run(line, async () => {
        const installed = await project.run("install", "plain@1.0.0");
        assert.equal(installed.code, 0, installed.output);
        assert.equal(project.installed("plain"), "1.0.0");
      });
      // Deno tells of whom it sent a signal only the signal.
      assert.ok(code === 0 || ("deno" in process.versions && code === null), output);
      assert.doesNotMatch(output, /NotCapable|Requires \w+ access/);
    } finally {
      project.remove();
    }
  });

  for (const [flag, value, says] of [
    ["allow-net", "its own address", /Requires net access to "127\.0\.0\.1:\d+"/],
    ["allow-write", "state", /Requires write access to "state"/],
    ["allow-read", "state", /decisions cannot be recorded in state/],
    ["allow-read", "cordon.pub", /cordon\.pub cannot be read/],
    ["allow-sys", undefined, /Requires sys access to "homedir"/],
    ["allow-env", "SHELL", /Requires sys access to "uid"/],
    ["ignore-env", undefined, /Requires env access to/],
  ] as const)
    it(`ends and says what it needs, without ${flag}${value ? ` of ${value}` : ""}`, async () => {
      const { code, output } = await run(without(line, flag, value === "its own address" ? listen : value));
      assert.ok(code, output);
      assert.match(output, says);
    });

  it("refuses and says what it needs, without allow-net of the upstream", async () => {
    await run(without(line, "allow-net", registry.url.host), async () => {
      const asked = registry.requests.length;
      assert.match(await ask("/npm/other"), /^502 .*Requires net access to/);
      assert.equal(registry.requests.length, asked);
    });
  });

  it("enforces what it stored, or nothing, and says what it needs, without allow-read of the bundle", async () => {
    const words = without(line, "allow-read", "bundle").map((word) => word.replace(/(?<![-\w])state\b/, "empty"));
    const { output } = await run(words, async () => assert.match(await ask("/npm/plain"), /^503 /));
    assert.match(output, /there is no bundle\/bundle\.sigstore\.json/);
  });

  it("reads of the environment what it names, and no more", async () => {
    const asked: string[] = [];
    const outgoing = createServer().on("connect", ({ url }, socket) => {
      asked.push(url ?? "");
      socket.destroy();
    });
    await new Promise<void>((resolve) => outgoing.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(outgoing.address() as AddressInfo).port}`;
    const words = placed(LINE, { listen, registry: new URL("https://registry.invalid/") });
    const behind = fromSources(words).map((word) => word.replace("--allow-net=", `--allow-net=${host},`));
    const environment = { HTTPS_PROXY: `http://${host}` };
    try {
      await run(behind, async () => assert.match(await ask("/npm/one"), /^502 /), environment);
      assert.deepEqual([...new Set(asked)], ["registry.invalid:443"]);
      asked.length = 0;
      await run(
        without(behind, "allow-env", "HTTPS_PROXY"),
        async () => assert.match(await ask("/npm/two"), /^502 /),
        environment,
      );
      assert.deepEqual(asked, []);
    } finally {
      outgoing.close();
    }
  });
});

describe("the lines for Deno and a policy repository in docs/DEPLOYING.md", { skip, timeout: 60_000 }, () => {
  let folder: BundleFolder;

  before(() => {
    folder = makeBundleFolder();
    cpSync(join(ROOT, "policies"), join(folder.path, "policies"), { recursive: true });
  });

  after(() => folder.remove());

  it("are for lint and test", () => {
    assert.deepEqual(
      denoLines("policy").map((line) => line.slice(-3).join(" ")),
      ["policy lint policies", "policy test policies"],
    );
  });

  for (const line of denoLines("policy")) {
    const name = line.slice(-3).join(" ");

    it(`run ${name}`, async () => {
      const { code, output } = await runDeno(fromSources(line), folder.path);
      assert.equal(code, 0, output);
      assert.match(output, /6 policies|\d+ passed, 0 failed/);
    });

    it(`end and say what ${name} needs, without allow-read of the repository`, async () => {
      const { code, output } = await runDeno(without(fromSources(line), "allow-read", "policies"), folder.path);
      assert.equal(code, 2, output);
      assert.match(output, /policies/);
    });
  }
});
