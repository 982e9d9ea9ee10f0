/**
 * What it costs to read, judge and write the listing of a large package in each ecosystem, beside JSON.parse() of a document of
 * the same size in the same run; medians, and nothing is asserted. `node bench/listings.ts`
 */
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { judgeListing } from "../core/gate.ts";
import type { PurlType } from "../core/purl.ts";
import { packumentBytes } from "../test/support/packument.ts";
import { AGE_POLICY, MALWARE_POLICY, rulesOf } from "../test/support/policies.ts";
import { medianOf } from "./measure.ts";

const VERSIONS = 5000;
const RUNS = 5;
const NOW = new Date("2026-11-22T12:00:00Z");
const URL_OF_PAGE = new URL("https://registry.example/x/");
const SHA256 = "a".repeat(64);

const versions = Array.from({ length: VERSIONS }, (_, index) => `1.${index >> 3}.${index & 7}`);
const rules = rulesOf({ policies: [MALWARE_POLICY, AGE_POLICY] });

/** A document on `x` with so many versions. */
const DOCUMENTS: Readonly<Record<PurlType, () => Uint8Array>> = {
  npm: () => packumentBytes({ name: "x", releases: versions.map((version) => ({ version })) }),
  pypi: () =>
    Buffer.from(
      JSON.stringify({
        meta: { "api-version": "1.4" },
        name: "x",
        versions,
        files: versions.map((version) => ({
          filename: `x-${version}-py3-none-any.whl`,
          url: `https://registry.example/x-${version}-py3-none-any.whl`,
          hashes: { sha256: SHA256 },
          "core-metadata": { sha256: SHA256 },
          "upload-time": "2020-01-01T00:00:00Z",
          size: 1000,
          yanked: false,
        })),
      }),
    ),
  cargo: () => {
    const line = (vers: string) =>
      JSON.stringify({
        name: "x",
        vers,
        deps: [],
        cksum: SHA256,
        features: {},
        yanked: false,
        pubtime: "2020-01-01T00:00:00Z",
      });
    return Buffer.from(['{"dl":"https://registry.example/dl"}', ...versions.map(line), ""].join("\n"));
  },
  golang: () => Buffer.from(versions.map((version) => `v${version}\n`).join("")),
};

function timeOf(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

console.log(`${VERSIONS} versions            MB      ms   of JSON.parse() of as much`);
for (const [type, make] of Object.entries(DOCUMENTS) as [PurlType, () => Uint8Array][]) {
  const ecosystem = requireEcosystem(type);
  const bytes = make();
  const form = ecosystem.formOf({ accept: ecosystem.listingAccept, userAgent: undefined });
  const rendering = { registry: "https://proxy.example", sentence: () => "" };
  const answer = () => {
    const judged = judgeListing(rules, ecosystem.parseListing("x", bytes, URL_OF_PAGE), NOW);
    return ecosystem.renderListing(judged, form, rendering);
  };
  const all = await medianOf(RUNS, () => timeOf(answer));
  const filler = JSON.stringify(
    Array.from({ length: Math.ceil(bytes.length / 100) }, (_, index) => ({ [`key ${index}`]: "x".repeat(80) })),
  );
  const parse = await medianOf(RUNS, () => timeOf(() => JSON.parse(filler)));
  const figures = [(bytes.length / 1e6).toFixed(2), all.toFixed(0), `${(all / parse).toFixed(1)} x`];
  console.log(`${type.padEnd(20)} ${figures.map((figure) => figure.padStart(8)).join("")}`);
}
