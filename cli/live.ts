/** Decisions with the facts that upstreams tell now. */

import { upstreamUrl } from "../core/config.ts";
import type { JudgedListing } from "../core/ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../core/ecosystems/index.ts";
import { CordonError } from "../core/errors.ts";
import { ANONYMOUS, decideUnlisted, findingsOn, judgeListing, type Rules } from "../core/gate.ts";
import { createFetch } from "../core/http.ts";
import { isPurlType, type PurlType, type ReleaseId, toPurl } from "../core/purl.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import { createUpstream, type Upstream } from "../core/upstream.ts";
import type { Decision } from "../schemas/types/decision.ts";

const PARALLEL = 8;

/** Reads `--upstream ECOSYSTEM=URL` options. Throws USAGE. */
export function parseUpstreams(options: readonly string[]): Map<PurlType, string> {
  return new Map(
    options.map((option) => {
      const at = option.indexOf("=");
      const type = option.slice(0, at);
      if (at < 0 || !isPurlType(type))
        throw new CordonError("USAGE", `--upstream ${option} does not read ECOSYSTEM=URL`);
      return [type, option.slice(at + 1)];
    }),
  );
}

/** A package's listing is fetched and judged once, however many of its releases are asked for. */
export async function decideLive(
  releases: readonly ReleaseId[],
  rules: Rules,
  configured: ReadonlyMap<string, string>,
  now: Date,
): Promise<Decision[]> {
  const fetch = createFetch();
  const upstreams = new Map<PurlType, Upstream>();
  const listings = new Map<string, Promise<JudgedListing | undefined>>();
  const judged = (release: ReleaseId): Promise<JudgedListing | undefined> => {
    const key = toPurl({ type: release.type, name: release.name });
    const known = listings.get(key);
    if (known) return known;
    const fetched = fetchJudged(release);
    listings.set(key, fetched);
    return fetched;
  };
  const fetchJudged = async ({ type, name }: ReleaseId): Promise<JudgedListing | undefined> => {
    const ecosystem = ECOSYSTEMS.get(type);
    if (!ecosystem) return undefined;
    const upstream =
      upstreams.get(type) ?? createUpstream({ ecosystem, registry: upstreamUrl(type, configured.get(type)), fetch });
    upstreams.set(type, upstream);
    try {
      return judgeListing(rules, await upstream.listing(name), now);
    } catch (error) {
      if (error instanceof CordonError && error.code === "NOT_FOUND") return undefined;
      throw error;
    }
  };
  const decisions: Decision[] = [];
  for (let start = 0; start < releases.length; start += PARALLEL) {
    const batch = releases
      .slice(start, start + PARALLEL)
      .map(
        async (release) =>
          (await judged(release))?.decisions.get(release.version) ?? decideUnlisted(rules, release, now),
      );
    decisions.push(...(await Promise.all(batch)));
  }
  return decisions;
}

/** The facts of one release as its upstream tells them; undefined where it does not list it. */
export async function factsLive(
  id: ReleaseId,
  rules: Rules,
  configured: ReadonlyMap<string, string>,
): Promise<RecordedFacts | undefined> {
  const ecosystem = ECOSYSTEMS.get(id.type);
  if (!ecosystem) return undefined;
  try {
    const { pkg, releases } = await createUpstream({
      ecosystem,
      registry: upstreamUrl(id.type, configured.get(id.type)),
      fetch: createFetch(),
    }).listing(id.name);
    const release = releases.get(id.version);
    if (!release) return undefined;
    const facts = {
      pkg,
      release: release.facts,
      advisories: findingsOn(rules, id).affecting(id.version),
      client: ANONYMOUS,
    };
    return { facts, known: ["identity", "listing"] };
  } catch (error) {
    if (error instanceof CordonError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
