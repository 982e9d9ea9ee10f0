/** A verified manifest and its blobs to rules that decide. */
import { gunzipSync } from "node:zlib";
import type { Part } from "../../schemas/types/manifest.ts";
import { AdvisoryTable } from "../advisories/table.ts";
import { sha256 } from "../digest.ts";
import { CordonError } from "../errors.ts";
import type { Rules } from "../gate.ts";
import { isObject, own } from "../json.ts";
import { compilePolicies } from "../policy/compile.ts";
import type { PolicySource } from "../policy/source.ts";
import { formatDiagnostic } from "../source/diagnostic.ts";
import { ADVISORY_PREFIX, POLICY_PART } from "./build.ts";
import { BUNDLE_LIMITS } from "./manifest.ts";
import type { VerifiedBundle } from "./verify.ts";

/** Reads a blob by the SHA-256 of its transported bytes. */
export type ReadBlob = (sha256: string, maxBytes: number) => Promise<Uint8Array>;

/** Opens a bundle whole or not at all. Throws BUNDLE_DIGEST, BUNDLE_MALFORMED, POLICY_INVALID. */
export async function openBundle({ manifest, digest }: VerifiedBundle, readBlob: ReadBlob): Promise<Rules> {
  const tables: AdvisoryTable[] = [];
  let source: PolicySource | undefined;
  for (const part of manifest.parts) {
    const bytes = await readPart(part, readBlob);
    if (part.name === POLICY_PART) source = parseSource(bytes);
    else if (part.name.startsWith(ADVISORY_PREFIX))
      tables.push(new AdvisoryTable(part.name.slice(ADVISORY_PREFIX.length), bytes));
    // A part that this version does not know might be one that blocks: leaving it out would fail open.
    else
      throw new CordonError(
        "BUNDLE_MALFORMED",
        `the bundle has a part ${JSON.stringify(part.name)} that this version of Cordon does not know`,
      );
  }
  if (!source) throw new CordonError("BUNDLE_MALFORMED", "the bundle has no policy part");
  const { set, diagnostics } = compilePolicies(source);
  const failure = diagnostics.find(({ severity }) => severity === "error");
  if (failure)
    throw new CordonError("POLICY_INVALID", `the bundle's policies do not compile:\n${formatDiagnostic(failure)}`);
  if (set.policies.length === 0)
    throw new CordonError("BUNDLE_MALFORMED", "the bundle has no policies, and would allow everything");
  return { set, tables, reference: { revision: manifest.revision, digest: `sha256:${digest}` } };
}

async function readPart(part: Part, readBlob: ReadBlob): Promise<Uint8Array> {
  if (part.gzip.size > BUNDLE_LIMITS.partGzipBytes || part.size > BUNDLE_LIMITS.partBytes) {
    throw new CordonError("BUNDLE_MALFORMED", `part ${part.name} is larger than this version of Cordon reads`);
  }
  const compressed = await readBlob(part.gzip.sha256, part.gzip.size);
  if (compressed.length !== part.gzip.size || sha256(compressed) !== part.gzip.sha256) throw wrong(part, "transported");
  let bytes: Uint8Array;
  try {
    // A decompression bomb stops at the size that was signed.
    bytes = gunzipSync(compressed, { maxOutputLength: Math.max(1, part.size) });
  } catch (cause) {
    throw wrong(part, "decompressed", cause);
  }
  if (bytes.length !== part.size || sha256(bytes) !== part.sha256) throw wrong(part, "decompressed");
  return bytes;
}

function wrong({ name }: Part, form: string, cause?: unknown): CordonError {
  return new CordonError("BUNDLE_DIGEST", `the ${form} bytes of part ${name} are not those that were signed`, {
    cause,
  });
}

function parseSource(bytes: Uint8Array): PolicySource {
  const source: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  const files = (key: string) => {
    const list = own(source, key);
    if (
      !Array.isArray(list) ||
      !list.every((file) => isObject(file) && typeof file["path"] === "string" && typeof file["text"] === "string")
    ) {
      throw new CordonError("BUNDLE_MALFORMED", `the bundle's policy part has no ${key}`);
    }
    return list;
  };
  return { policies: files("policies"), lists: files("lists"), approvals: files("approvals") };
}
