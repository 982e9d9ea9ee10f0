/**
 * A project's page in the simple repository API (PEP 503 and 691, with 592, 658, 700, 714, 740 and 792), the same from either
 * of its forms.
 */
import { type DigestAlgorithm, type Digests, isDigest } from "../../digest.ts";
import { isObject, ownString } from "../../json.ts";
import { oneLine } from "../../words.ts";

/** A link of a page, as the page has it. */
export interface PageFile {
  readonly filename: string;
  /** Without fragment; undefined for what is no address. */
  readonly url: string | undefined;
  /** Those that can be relied on: SHA-2. */
  readonly digests: Digests;
  /** Of the core metadata beside the file (PEP 658); undefined where there is none that could be checked. */
  readonly metadata: Digests | undefined;
  readonly requiresPython: string | undefined;
  /** The reason, which may be empty, where it is yanked (PEP 592). */
  readonly yanked: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  /** As it is written; undefined for what is no instant. */
  readonly uploaded: string | undefined;
  /** Where its attestations lie (PEP 740). */
  readonly provenance: string | undefined;
}

export interface Page {
  readonly files: readonly PageFile[];
  /** PEP 792; undefined where nothing is said. */
  readonly status: string | undefined;
  readonly statusReason: string | undefined;
}

/** Far above the largest projects, which have some 10,000. */
export const MAX_FILES = 50_000;
/** Of a text of the publisher's, which the log may keep once for each release. */
const MAX_TEXT = 2048;

/** Ends the parsing: the page cannot be judged as a whole. */
export type Fail = (why: string, cause?: unknown) => never;

/** Without its fragment, which may hold a digest and is never sent, and without credentials, which no page hands out. */
export function addressOf(text: string | undefined, base: URL | undefined): string | undefined {
  if (text === undefined || text === "" || text.length > MAX_TEXT || !URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  url.hash = "";
  url.username = "";
  url.password = "";
  return /^https?:$/.test(url.protocol) ? url.href : undefined;
}

const RELIABLE = ["sha512", "sha384", "sha256"] as const satisfies readonly DigestAlgorithm[];

/** Of the others, some can be forged, and none is checked. */
export function toDigests(hashes: unknown): Digests {
  if (!isObject(hashes)) return {};
  return Object.fromEntries(
    RELIABLE.flatMap((algorithm) => {
      const hex = ownString(hashes, algorithm)?.toLowerCase();
      return hex !== undefined && isDigest(algorithm, hex) ? [[algorithm, hex]] : [];
    }),
  );
}

/** `true` says that there is one, which nobody could tell from another: as good as none. */
export function metadataOf(value: unknown): Digests | undefined {
  const digests = toDigests(value);
  return Object.keys(digests).length > 0 ? digests : undefined;
}

/** Of a publisher's text one line, for terminals act on controls; undefined for none, and for one that nobody would read. */
export function textOf(text: string | undefined): string | undefined {
  return text === undefined || text.length > MAX_TEXT ? undefined : oneLine(text, MAX_TEXT) || undefined;
}
