/** Source and feeds to a bundle: parts whose bytes depend on nothing but their input, and a statement that names them. */
import { gzipSync } from "node:zlib";
import type { FeedSummary, Manifest, Part } from "../../schemas/types/manifest.ts";
import type { Feed } from "../advisories/feed.ts";
import { sha256 } from "../digest.ts";
import { canonicalJson } from "../json.ts";
import type { PolicySource } from "../policy/source.ts";
import { formatInstant } from "../time.ts";
import { PREDICATE_TYPE, STATEMENT_TYPE, type Statement, subjectsOf } from "./manifest.ts";

export interface BuildInput {
  readonly source: PolicySource;
  readonly feeds: readonly Feed[];
  readonly channel: string;
  readonly epoch: number;
  readonly revision: number;
  /** SHA-256 of the statement before this one. */
  readonly previous: string | null;
  readonly created: Date;
  readonly lifetimeMs: number;
  readonly repository: string | null;
  readonly commit: string | null;
  readonly generator: { readonly name: string; readonly version: string };
}

export interface BuiltBundle {
  readonly statement: Statement;
  /** Transported bytes by their SHA-256. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export const POLICY_PART = "policy";
export const ADVISORY_PREFIX = "advisories.";
const JSON_TYPE = "application/json";
const TABLE_TYPE = "text/tab-separated-values";

/** Builds; the same source and records give the same part digests, whatever the clock, the machine or the runtime. */
export function buildBundle(input: BuildInput): BuiltBundle {
  const blobs = new Map<string, Uint8Array>();
  const parts: Part[] = [];
  const add = (
    name: string,
    mediaType: string,
    bytes: Uint8Array,
    gzip: Uint8Array = gzipSync(bytes, { level: 9 }),
  ): void => {
    blobs.set(sha256(gzip), gzip);
    parts.push({
      name,
      mediaType,
      sha256: sha256(bytes),
      size: bytes.length,
      gzip: { sha256: sha256(gzip), size: gzip.length },
    });
  };
  add(POLICY_PART, JSON_TYPE, Buffer.from(canonicalJson(input.source)));
  const feeds = input.feeds.map(({ table, gzip, ...summary }): FeedSummary => {
    add(`${ADVISORY_PREFIX}${summary.name}`, TABLE_TYPE, table, gzip);
    return summary;
  });
  const { channel, epoch, revision, previous, created, lifetimeMs, repository, commit, generator } = input;
  const predicate: Manifest = {
    formatVersion: 1,
    channel,
    epoch,
    revision,
    created: formatInstant(created),
    expires: formatInstant(new Date(created.getTime() + lifetimeMs)),
    previous,
    source: { repository, commit },
    generator,
    parts,
    feeds,
  };
  return {
    statement: { _type: STATEMENT_TYPE, subject: subjectsOf(parts), predicateType: PREDICATE_TYPE, predicate },
    blobs,
  };
}
