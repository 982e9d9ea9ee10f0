/**
 * What clients verify of a registry's signatures and attestations, through the proxy as at the registry itself. npm
 * runs its own code; only where its TUF client finds the mirror is the test's (test/support/npm-tuf-preload.ts).
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { putAttested } from "../support/attestation.ts";
import { CLIENTS, type ClientName, type ClientProject, type ClientRun, makeClientProject } from "../support/clients.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY, malwareRecord, policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { answerKeys, makeRegistryKey } from "../support/registry-key.ts";
import { type MockSigstore, startSigstore } from "../support/sigstore.ts";
import { showsSentence } from "../support/terminal.ts";
import { startTufMirror, type TufMirror } from "../support/tuf-mirror.ts";

const PRELOAD = new URL("../support/npm-tuf-preload.ts", import.meta.url).href;

/** The clients that have `audit signatures`; pnpm 12 takes the keys from the registry and reads no attestations. */
const VERIFIERS = (["npm", "pnpm12"] as const).filter((client) => CLIENTS.includes(client));
const READS_ATTESTATIONS = new Set<ClientName>(["npm"]);

const VERIFIED = /1 package has a verified registry signature/;
const INVALID = /1 package has an invalid registry signature/;
const MISSING = /1 package (has a|is) missing registry signature but the registry is providing signing keys/;
const ATTESTED = /1 package has a verified attestation/;
const MISATTESTED = /1 package has an invalid attestation/;

describe("`audit signatures`", () => {
  let registry: FixtureRegistry;
  let sigstore: MockSigstore;
  let mirror: TufMirror;
  let root: Folder;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    const key = makeRegistryKey();
    const signed = { version: "1.0.0", signedBy: key };
    const scripts = { postinstall: "exit 0" };
    registry = await startRegistry([
      { name: "signed", releases: [signed] },
      { name: "@acme/signed", releases: [signed] },
      { name: "forged", releases: [{ ...signed, signedBy: { sign: (text) => key.sign(`${text}=`) } }] },
      { name: "unsigned", releases: [{ version: "1.0.0" }] },
      { name: "rewritten", releases: [{ ...signed, scripts }] },
      { name: "silenced", releases: [{ ...signed, scripts }] },
      ...VERIFIERS.map((client) => ({ name: `turned-${client}`, releases: [signed] })),
    ]);
    answerKeys(registry, key);
    sigstore = await startSigstore();
    await putAttested(registry, sigstore, "attested", signed);
    await putAttested(registry, sigstore, "@acme/attested", signed);
    await putAttested(registry, sigstore, "misattested", signed, { isForged: true });
    mirror = await startTufMirror({ "trusted_root.json": sigstore.trustedRoot });
    root = makeFolder({ "root.json": mirror.root });
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: POLICIES } });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    for (const server of [registry, sigstore, mirror]) await server.close();
    for (const made of [folder, root]) made.remove();
  });

  async function installed(client: ClientName, name: string, url: string): Promise<ClientProject & AsyncDisposable> {
    const made = makeClientProject(client, url, {
      environment:
        client === "npm"
          ? { NODE_OPTIONS: `--import=${PRELOAD}`, TUF_MIRROR: mirror.url, TUF_ROOT: `${root.path}/root.json` }
          : {},
    });
    const { code, output } = await made.add(`${name}@1.0.0`);
    assert.equal(code, 0, output);
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  async function audit(client: ClientName, name: string, url: string): Promise<ClientRun> {
    await using made = await installed(client, name, url);
    return await made.run("audit", "signatures");
  }

  function assertRun({ code, output }: ClientRun, expected: number, shown: readonly RegExp[]): void {
    assert.equal(code, expected, output);
    const all = [VERIFIED, INVALID, MISSING, ATTESTED, MISATTESTED];
    assert.deepEqual(
      all.filter((text) => text.test(output)),
      shown,
      output,
    );
  }

  for (const client of VERIFIERS) {
    describe(client, () => {
      const attests = READS_ATTESTATIONS.has(client);
      for (const [what, name, code, shown] of [
        ["verifies a signature", "signed", 0, [VERIFIED]],
        ["verifies that of a scoped package", "@acme/signed", 0, [VERIFIED]],
        ["reports a forged signature", "forged", 1, [INVALID]],
        ["reports one that is missing", "unsigned", 1, [MISSING]],
        ["verifies provenance, where it reads any", "attested", 0, attests ? [VERIFIED, ATTESTED] : [VERIFIED]],
        ["verifies that of a scoped package", "@acme/attested", 0, attests ? [VERIFIED, ATTESTED] : [VERIFIED]],
        [
          "reports forged provenance, where it reads any",
          "misattested",
          attests ? 1 : 0,
          attests ? [MISATTESTED] : [VERIFIED],
        ],
      ] as const) {
        it(`${what} (${name}) as at the registry itself`, async () => {
          assertRun(await audit(client, name, registry.url.href), code, shown);
          assertRun(await audit(client, name, `${proxy.npm}/`), code, shown);
        });
      }

      it("verifies a release of which only the listing is silent about its scripts", async () => {
        assertRun(await audit(client, "silenced", `${proxy.npm}/`), 0, [VERIFIED]);
      });

      it("misses the signature of a file that was written anew, on which the registry's would not hold", async () => {
        assertRun(await audit(client, "rewritten", `${proxy.npm}/`), 1, [MISSING]);
      });

      it("does not pass a release that was blocked after it was installed", async () => {
        const name = `turned-${client}`;
        await using made = await installed(client, name, `${proxy.npm}/`);
        await folder.sign({
          revision: 2 + VERIFIERS.indexOf(client),
          source: { policies: POLICIES },
          records: [malwareRecord(name, ["1.0.0"])],
        });
        await proxy.lifecycle.poll();
        const run = await made.run("audit", "signatures");
        assertRun(run, 1, client === "npm" ? [] : [MISSING]);
        if (client === "npm") assert.ok(showsSentence(run.output, `pkg:npm/${name}@1.0.0`), run.output);
      });
    });
  }

  it("has its keys from the upstream, through the proxy, where TUF has none for this registry", () => {
    assert.ok(registry.asked.some(({ path, agent }) => path === "/-/npm/v1/keys" && agent === "cordon"));
    assert.ok(mirror.requests.includes("/timestamp.json"));
  });
});

const POLICIES = [MALWARE_POLICY, stripping("rewritten", "rewrite"), stripping("silenced", "metadata")];

function stripping(name: string, strip: "rewrite" | "metadata") {
  return policyFile(
    `strip-${name}`,
    `  strip: ${strip}\n  rules: [{ name: scripts, condition: 'pkg.name == "${name}"', verdict: strip-scripts, message: It has install scripts. }]`,
  );
}
