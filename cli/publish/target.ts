/** Where bundles are published to: the writing side of a bundle source. */
import type { BundleSource } from "../../core/bundle/source.ts";
import type { Manifest } from "../../schemas/types/manifest.ts";

/** A signed bundle as it lies in a directory. */
export interface SignedBundle {
  readonly manifest: Manifest;
  /** SHA-256 of the signed statement. */
  readonly digest: string;
  /** The signed file. */
  readonly bytes: Uint8Array;
  /** A blob, by the SHA-256 of its bytes; they were checked against it. */
  readBlob(sha256: string): Uint8Array;
}

/** What was sent, for people: a blob or the signed file, and whether it had to be; and what became of old ones. */
export type Report = (name: string, outcome: "sent" | "there already" | "removed" | "not removed") => void;

export interface PublishTarget {
  /** What others will read. */
  readonly source: BundleSource;
  /**
   * Publishes blobs first and the signed file last, so that a reader never meets half of a bundle. What an earlier
   * attempt left is taken up. `admit` is asked with what is published at the last moment before the bundle shows, and
   * throws where the bundle may not follow it; no other publisher comes between the two.
   */
  publish(bundle: SignedBundle, admit: Admit, report: Report): Promise<{ readonly url: string | null }>;
}

/** Given the signed file that is published now; undefined where there is none. */
export type Admit = (published: Uint8Array | undefined) => void;
