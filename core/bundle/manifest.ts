/** The signed statement of a bundle (in-toto Statement v1) and its predicate. */
import schema from "../../schemas/manifest.schema.json" with { type: "json" };
import type { Manifest, Part } from "../../schemas/types/manifest.ts";
import { schemaCheck } from "../schema.ts";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "urn:cordon:policy-bundle:v1";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
/** The one signed file, beside `blobs/`. */
export const BUNDLE_FILE = "bundle.sigstore.json";
/** The statement before it is signed. */
export const STATEMENT_FILE = "statement.json";

/** Bounds on what a source may send. */
export const BUNDLE_LIMITS = {
  manifestBytes: 1024 * 1024,
  partBytes: 1024 * 1024 * 1024,
  partGzipBytes: 256 * 1024 * 1024,
} as const;

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly Subject[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: Manifest;
}

interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

export const checkManifest = schemaCheck<Manifest>(schema);

/** A bundle's place in the order, for people: the number alone begins again with each epoch. */
export function revisionOf({ epoch, revision }: Pick<Manifest, "epoch" | "revision">): string {
  return `revision ${epoch}.${revision}`;
}

/** A part is a subject twice: as it is, and as it is transported, so that stock tools can verify either file. */
export function subjectsOf(parts: readonly Part[]): Subject[] {
  return parts.flatMap(({ name, sha256, gzip }) => [
    { name, digest: { sha256 } },
    { name: `${name}.gz`, digest: { sha256: gzip.sha256 } },
  ]);
}

/** Where a blob lies, relative to the bundle. */
export function blobPath(sha256: string): string {
  return `blobs/sha256/${sha256}`;
}
