import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openRules, type RulesFlags } from "../../cli/open-rules.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";

const configOf = (registry: string) =>
  JSON.stringify({ apiVersion: "cordon/v1", kind: "Cordon", upstreams: { npm: registry } });

describe("openRules()", () => {
  let signed: BundleFolder;
  let folder: Folder;

  before(async () => {
    signed = makeBundleFolder();
    await signed.sign({ created: new Date() });
    folder = makeFolder({
      [AGE_POLICY.path]: AGE_POLICY.text,
      "cordon.yaml": configOf("https://own.example/"),
      "operator/cordon.yaml": configOf("https://operator.example/"),
      "wrong.yaml": "kind: Cordon\n",
    });
  });
  after(() => {
    signed.remove();
    folder.remove();
  });

  const open = (flags: Partial<RulesFlags>) =>
    openRules({
      dir: folder.path,
      bundle: undefined,
      trust: undefined,
      config: undefined,
      upstream: undefined,
      ...flags,
    });
  const byBundle = () => ({ bundle: `dir:${signed.bundle}`, trust: signed.trust });

  it("reads the settings of the folder, also where a bundle judges", async () => {
    for (const flags of [{}, byBundle()]) {
      const { upstreams, base } = (await open(flags)).registries;
      assert.deepEqual([upstreams.get("npm"), base], ["https://own.example/", folder.path]);
    }
  });

  it("reads those of --config before them, and takes --upstream before both", async () => {
    const config = `${folder.path}/operator/cordon.yaml`;
    for (const flags of [{ config }, { ...byBundle(), config }]) {
      const { upstreams, base } = (await open(flags)).registries;
      assert.deepEqual([upstreams.get("npm"), base], ["https://operator.example/", `${folder.path}/operator`]);
      const { registries } = await open({ ...flags, upstream: ["npm=https://here.example/"] });
      assert.equal(registries.upstreams.get("npm"), "https://here.example/");
    }
  });

  it("needs none where a bundle judges", async () => {
    const { registries } = await open({ ...byBundle(), dir: `${folder.path}/operator/none` });
    assert.equal(registries.upstreams.size, 0);
  });

  it("takes no --config that is wrong, or not there", async () => {
    for (const flags of [{}, byBundle()]) {
      await assert.rejects(open({ ...flags, config: `${folder.path}/wrong.yaml` }), { code: "CONFIG_INVALID" });
      await assert.rejects(open({ ...flags, config: `${folder.path}/none.yaml` }), { code: "FILE_UNREADABLE" });
    }
  });
});
