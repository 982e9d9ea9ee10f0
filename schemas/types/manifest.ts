// Generated from manifest.schema.json by schemas/generate.ts; do not edit.

export type Sha256 = string;

/**
 * The predicate of a bundle's signed statement: what the bundle is, and the digest of each of its parts.
 */
export interface Manifest {
  formatVersion: 1;
  channel: string;
  /**
   * Counts resets of the revision; compared before it.
   */
  epoch: number;
  revision: number;
  created: string;
  expires: string;
  /**
   * SHA-256 of the statement that this one follows.
   */
  previous: string | null;
  source: {
    repository: string | null;
    commit: string | null;
  };
  generator: {
    name: string;
    version: string;
  };
  /**
   * @minItems 1
   * @maxItems 256
   */
  parts: Part[];
  /**
   * @maxItems 64
   */
  feeds: FeedSummary[];
}
export interface Part {
  name: string;
  mediaType: string;
  /**
   * Of the part itself, uncompressed: its identity.
   */
  sha256: string;
  /**
   * Bytes, uncompressed.
   */
  size: number;
  /**
   * The part as transported.
   */
  gzip: {
    sha256: Sha256;
    size: number;
  };
}
export interface FeedSummary {
  name: string;
  /**
   * Records compiled.
   */
  entries: number;
  /**
   * The latest `modified` among them.
   */
  newest: string | null;
  /**
   * When the feed was last asked; null for the repository's own records.
   */
  fetched: string | null;
  /**
   * The feed's own name for this state: a commit, an ETag or a digest.
   */
  version: string | null;
}
