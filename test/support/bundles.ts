/** Statements of small bundles. */
import { compileFeed } from "../../core/advisories/feed.ts";
import { type BuildInput, type BuiltBundle, buildBundle } from "../../core/bundle/build.ts";
import type { Statement } from "../../core/bundle/manifest.ts";
import { MALWARE_POLICY, malwareRecord } from "./policies.ts";

export const STATEMENT_CREATED = new Date("2026-11-22T12:00:00Z");

export const MALWARE_RECORDS = [malwareRecord("evil", ["1.0.0"]), malwareRecord("@a/evil", ["2.0.0"], "MAL-2026-2")];

export function makeBundle(changes: Partial<BuildInput> = {}): BuiltBundle {
  return buildBundle({
    source: { policies: [MALWARE_POLICY], lists: [], approvals: [] },
    feeds: [compileFeed("local", MALWARE_RECORDS)],
    channel: "stable",
    epoch: 0,
    revision: 1,
    previous: null,
    created: STATEMENT_CREATED,
    lifetimeMs: 3_600_000,
    repository: null,
    commit: null,
    generator: { name: "cordon", version: "test" },
    ...changes,
  });
}

export function makeStatement(changes: Partial<BuildInput> = {}): Statement {
  return makeBundle(changes).statement;
}
