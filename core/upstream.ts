/** The registry behind Cordon: documents by name, files by what the documents say. */
import type { Readable } from "node:stream";
import type { Ecosystem, Listing, Question, ReleaseFile } from "./ecosystems/ecosystem.ts";
import type { Fetch } from "./http.ts";
import type { Publishing } from "./publishing.ts";
import type { FileOrigins } from "./upstream-origins.ts";

/** Bounds on what an upstream may send. The largest packument known has some 40 MB. */
export const UPSTREAM_LIMITS = {
  listingBytes: 128 * 1024 * 1024,
  /** The largest wheels have some 5 GB. */
  fileBytes: 16 * 1024 * 1024 * 1024,
  /** What is relayed: advisories, keys, attestations, results of a search. */
  relayBytes: 32 * 1024 * 1024,
  timeoutMs: 30_000,
  /** For a whole listing, however steadily it trickles in. */
  listingMs: 120_000,
} as const;

export type UpstreamLimits = Readonly<Record<keyof typeof UPSTREAM_LIMITS, number>>;

export interface UpstreamFile {
  /** Bytes, if the upstream says how many. */
  readonly size: number | undefined;
  readonly body: Readable;
}

export interface RelayRequest extends Question {
  readonly body?: Uint8Array;
  /** How the body is encoded; left out: not at all. */
  readonly encoding?: "gzip";
}

export interface RelayedAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** What is known of a metadata document without its bytes. */
export interface KnownDocument {
  /** SHA-256 of its bytes. */
  readonly digest: string;
  /** What names these bytes at their upstream, if it says. */
  readonly etag: string | undefined;
}

/** An ecosystem's metadata document as it came. */
export interface FetchedDocument extends KnownDocument {
  readonly bytes: Uint8Array;
}

/** Throws UPSTREAM_* failures, and NOT_FOUND where the upstream has no such package or file. */
export interface Upstream {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  /** The registry that a package belongs to, among those of this upstream. */
  of(name: string): Upstream;
  /** Whether the public registry has a package of this name. */
  isPublic(name: string): Promise<boolean>;
  /** The document on a package; undefined where it is still the known one, by its tag or by its bytes. */
  document(name: string, known?: KnownDocument): Promise<FetchedDocument | undefined>;
  /** Throws UPSTREAM_MALFORMED for a document that cannot be judged as a whole. */
  parse(name: string, bytes: Uint8Array): Listing;
  /** The names of all packages. Throws NO_ENDPOINT where there is no such list. */
  names(): Promise<readonly string[]>;
  /** Both: the listing as it is now. */
  listing(name: string): Promise<Listing>;
  /**
   * Asks a path below the registry as it is; what the upstream answers with is a JSON document, whatever it says of
   * itself. Throws UPSTREAM_STATUS for an answer that is none.
   */
  relay(request: RelayRequest): Promise<RelayedAnswer>;
  /** A text below the registry, as it is. */
  text(question: Question): Promise<Uint8Array>;
  /** A JSON document at an address that a listing names; as relay() besides. */
  named(address: string): Promise<RelayedAnswer>;
  /** The signal aborts the request; once it has resolved, the caller must read or destroy the body. */
  file(file: ReleaseFile, signal?: AbortSignal): Promise<UpstreamFile>;
  /** Where a package is published. */
  publishing(name: string): Publishing;
}

export interface UpstreamOptions {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  readonly fetch: Fetch;
  /** Files may have connections of their own; left out: they have none. */
  readonly fetchFile?: Fetch;
  /** For this registry; it goes to no other origin. */
  readonly token?: string;
  /** Where its files may lie besides its own origin; left out: nowhere. */
  readonly fileOrigins?: FileOrigins;
  readonly isPrivate?: boolean;
  /** Whether clients may publish there, with credentials of their own; left out: no. */
  readonly publish?: boolean;
  readonly limits?: UpstreamLimits;
}
