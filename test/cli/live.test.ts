import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { judgeLive, type LiveDecision } from "../../cli/live.ts";
import { registrySettings } from "../../cli/registries.ts";
import { requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { createFetch, type Fetch } from "../../core/http.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import { AGE_POLICY, rulesOf } from "../support/policies.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

describe("judgeLive()", () => {
  let registry: FixtureRegistry;
  const rules = rulesOf({ policies: [AGE_POLICY] });

  before(async () => {
    registry = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: "2026-11-22T00:00:00Z" }] },
      { name: "broken", releases: [{ version: "1.0.0" }] },
    ]);
  });
  after(() => registry.close());

  const settings = () => registrySettings(requireConfig(undefined), undefined, [`npm=${registry.url.href}`]);
  const releases = ["plain@1.1.0", "broken@1.0.0", "plain@1.0.0", "plain@9.0.0", "nobody@1.0.0"].map((text) =>
    parseReleasePurl(`pkg:npm/${text}`),
  );
  /** As the network, but for one package. */
  const fetch: Fetch = async (url, options) => {
    if (url.pathname.endsWith("/broken")) throw new CordonError("UPSTREAM_TIMEOUT", "broken did not answer in time");
    return createFetch()(url, options);
  };

  it("decides on each release, in the order in which they were given, and tells why one cannot be judged", async () => {
    const counts: number[] = [];
    const found = await judgeLive(releases, rules, settings(), NOW, {
      fetch,
      onDecided: (count) => counts.push(count),
    });
    const failure = found[1];
    assert.ok(failure instanceof CordonError);
    assert.equal(failure.code, "UPSTREAM_TIMEOUT");
    const decided = found.filter((one): one is LiveDecision => !(one instanceof CordonError));
    assert.deepEqual(
      decided.map(({ decision }) => [decision.purl, decision.decision, decision.unlisted]),
      [
        ["pkg:npm/plain@1.1.0", "quarantine", undefined],
        ["pkg:npm/plain@1.0.0", "allow", undefined],
        ["pkg:npm/plain@9.0.0", "allow", "not-found"],
        ["pkg:npm/nobody@1.0.0", "allow", "not-found"],
      ],
    );
    assert.deepEqual([decided[0]?.facts?.release.published, decided[2]?.facts], ["2026-11-22T00:00:00Z", undefined]);
    assert.ok(decided[0]?.known.has("time") && !decided[2]?.known.has("time"));
    assert.deepEqual(counts, [1, 2, 3, 4, 5]);
  });

  it("asks once for a package, however many of its releases are judged", async () => {
    const before = registry.requests.length;
    await judgeLive(
      [releases[0], releases[2], releases[3]].flatMap((id) => id ?? []),
      rules,
      settings(),
      NOW,
    );
    assert.equal(registry.requests.length - before, 1);
  });

  it("ends with the first that cannot be judged, where it is to", async () => {
    const many = Array.from({ length: 200 }, (_, index) => parseReleasePurl(`pkg:npm/p${index}@1.0.0`));
    const nowhere = registrySettings(requireConfig(undefined), undefined, ["npm=http://127.0.0.1:9/"]);
    await assert.rejects(judgeLive(many, rules, nowhere, NOW, { failsFast: true }), { code: "UPSTREAM_UNREACHABLE" });
  });
});
