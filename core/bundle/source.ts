/** Where bundles come from. Nothing that a source says is trusted: what it gives is verified like any other bytes. */

/** Reads a blob by the SHA-256 of its transported bytes. */
export type ReadBlob = (sha256: string, maxBytes: number) => Promise<Uint8Array>;

/** A bundle as a source has it now. */
export interface OfferedBundle {
  /** The signed file. */
  readonly bytes: Uint8Array;
  /** Names these bytes at the next poll. */
  readonly validator: string;
  readonly readBlob: ReadBlob;
}

export interface BundleSource {
  /** For people: no credentials. */
  readonly name: string;
  /** The least time between two polls that the source's owner asks of everybody. */
  readonly minPollSeconds: number;
  /**
   * The bundle, unless it is still the one of `validator`. Throws BUNDLE_MISSING, SOURCE_DENIED, UPSTREAM_*, and
   * ServerBusy.
   */
  poll(validator: string | undefined): Promise<OfferedBundle | undefined>;
}
