/** A smoke test against the registry that this machine's npm is set to; its publish times are not relied on. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readAdvisories } from "../../core/advisories/read.ts";
import { upstreamUrl } from "../../core/config.ts";
import { createFetch } from "../../core/http.ts";
import { readPolicySource } from "../../core/policy/source.ts";
import { makeNpmProject } from "../support/npm.ts";
import { makeBundleFolder, startTestProxy } from "../support/proxy.ts";
import { startRegistry } from "../support/registry.ts";

const upstream = upstreamUrl("npm", undefined);
const reason = await unreachable();
if (reason) console.log(`# the live test is skipped: the npm registry of this machine cannot be reached (${reason})`);

async function unreachable(): Promise<string | undefined> {
  try {
    const { status, body } = await createFetch()(new URL("minimist", upstream), {
      maxBytes: 64 * 1024 * 1024,
      timeoutMs: 10_000,
    });
    body.destroy();
    return status === 200 ? undefined : `it answers ${status}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("npm install through the proxy, from the real registry", { skip: reason ?? false }, () => {
  it("installs express as a direct install does, and refuses minimist@1.2.5 and eslint-scope@3.7.2", async () => {
    const dir = fileURLToPath(new URL("../../policies", import.meta.url));
    const source = readPolicySource(dir);
    const policies = source.policies.filter(({ path }) => /known-malicious|cvss/.test(path));
    const folder = makeBundleFolder();
    const unused = await startRegistry();
    await folder.sign({
      source: { ...source, policies },
      records: readAdvisories(dir).records,
    });
    const proxy = await startTestProxy(folder, unused, { npmUpstream: upstream });
    const [through, direct] = [makeNpmProject(`${proxy.npm}/`), makeNpmProject(upstream.href)];
    try {
      const installed = await through.run("install", "express");
      assert.equal(installed.code, 0, installed.output);
      const directly = await direct.run("install", "express");
      assert.equal(directly.code, 0, directly.output);
      const integrities = (lock: ReturnType<typeof through.lock>) =>
        Object.entries(lock).map(([path, { version, integrity }]) => [path, version, integrity]);
      assert.ok(integrities(through.lock()).length > 20);
      assert.deepEqual(integrities(through.lock()), integrities(direct.lock()));
      const critical = await through.run("install", "minimist@1.2.5");
      assert.match(critical.output, /cordon: blocked pkg:npm\/minimist@1\.2\.5: .*\(cvss, GHSA-xvch-5gv4-984h\)/);
      const malicious = await through.run("install", "eslint-scope@3.7.2");
      assert.match(
        malicious.output,
        /cordon: blocked pkg:npm\/eslint-scope@3\.7\.2: .*\(known-malicious, GHSA-hxxf-q3w9-4xgw\)/,
      );
      assert.equal(unused.requests.length, 0);
    } finally {
      await proxy.close();
      await unused.close();
      for (const each of [folder, through, direct]) each.remove();
    }
  });
});
