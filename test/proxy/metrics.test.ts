import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

describe("/-/metrics", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] }]);
    folder = makeBundleFolder();
    await folder.sign({ revision: 41, records: [malwareRecord("plain", ["1.1.0"])] });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  /** Values by name and labels, as they are written. */
  async function scrape(): Promise<Map<string, number>> {
    const answer = await fetch(`${proxy.publicUrl}/-/metrics`);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
  }

  it("tells which bundle is in force, since when, until when, and in which state", async () => {
    const values = await scrape();
    const now = NOW.getTime() / 1000;
    assert.equal(values.get("cordon_ready"), 1);
    assert.equal(values.get("cordon_bundle_revision"), 41);
    assert.equal(values.get("cordon_bundle_created_timestamp_seconds"), now);
    assert.equal(values.get("cordon_bundle_expires_timestamp_seconds"), now + 7 * 86_400);
    assert.equal(values.get("cordon_bundle_activated_timestamp_seconds"), now);
    assert.equal(values.get("cordon_bundle_last_contact_timestamp_seconds"), now);
    assert.equal(values.get("cordon_bundle_stored"), 1);
    assert.equal(values.get('cordon_bundle_state{state="ok"}'), 1);
    assert.equal(values.get('cordon_bundle_state{state="degraded"}'), 0);
  });

  it("counts decisions by what was decided, and polls by how they ended", async () => {
    for (const version of ["1.0.0", "1.1.0"])
      await (await fetch(`${proxy.npm}/plain/-/plain-${version}.tgz`)).arrayBuffer();
    const decided = await scrape();
    assert.equal(decided.get('cordon_decisions_total{registry="npm",kind="file",decision="allow"}'), 1);
    assert.equal(decided.get('cordon_decisions_total{registry="npm",kind="file",decision="block"}'), 1);
    await folder.sign({ revision: 40 });
    await proxy.lifecycle.poll();
    const values = await scrape();
    assert.equal(values.get('cordon_bundle_polls_total{result="activated"}'), 1);
    assert.equal(values.get('cordon_bundle_polls_total{result="refused"}'), 1);
    assert.equal(values.get('cordon_bundle_state{state="degraded"}'), 1);
  });

  it("has no figure for what is not there", async () => {
    const empty = makeBundleFolder();
    const proxy = await startTestProxy(empty, registry);
    const text = await (await fetch(`${proxy.publicUrl}/-/metrics`)).text();
    await proxy.close();
    empty.remove();
    assert.match(text, /^cordon_ready 0$/m);
    assert.match(text, /^cordon_bundle_state\{state="empty"\} 1$/m);
    assert.doesNotMatch(text, /^cordon_bundle_revision/m);
    assert.doesNotMatch(text, /NaN/);
  });
});
