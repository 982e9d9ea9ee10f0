/** A verified manifest and its blobs to rules that decide. */
import { createGunzip } from "node:zlib";
import type { Manifest, Part } from "../../schemas/types/manifest.ts";
import { AdvisoryTable } from "../advisories/table.ts";
import { sha256InPieces } from "../digest.ts";
import { CordonError } from "../errors.ts";
import type { Rules } from "../gate.ts";
import { isObject, own } from "../json.ts";
import { compilePolicies, preparePolicies } from "../policy/compile.ts";
import { isRuleHistory } from "../policy/rule-origins.ts";
import type { PolicySource } from "../policy/source.ts";
import { formatDiagnostic } from "../source/diagnostic.ts";
import { ADVISORY_PREFIX, POLICY_PART } from "./build.ts";
import { BUNDLE_LIMITS } from "./manifest.ts";
import type { ReadBlob } from "./source.ts";
import type { VerifiedBundle } from "./verify.ts";

const INFLATE_CHUNK = 256 * 1024;

/** A bundle that is ready to decide, and its tables by the name and digest of their part, for the bundle that comes next. */
export interface OpenedBundle {
  readonly rules: Rules;
  readonly tables: ReadonlyMap<string, AdvisoryTable>;
}

/** What a bundle carries, before its policies are compiled. */
export interface BundleContent extends Pick<OpenedBundle, "tables"> {
  readonly source: PolicySource;
}

/**
 * Opens a bundle whole or not at all; `known` are tables of the bundle before, which are not read again. Large parts
 * are worked through in small pieces, so that requests are answered meanwhile. Throws BUNDLE_DIGEST,
 * BUNDLE_MALFORMED, POLICY_INVALID, and what reading a blob throws.
 */
export async function openBundle(
  { manifest, digest }: VerifiedBundle,
  readBlob: ReadBlob,
  known?: OpenedBundle["tables"],
): Promise<OpenedBundle> {
  const { source, tables } = await readContent(manifest, readBlob, known);
  const { set, diagnostics } = compilePolicies(source);
  const failure = diagnostics.find(({ severity }) => severity === "error");
  if (failure)
    throw new CordonError("POLICY_INVALID", `the bundle's policies do not compile:\n${formatDiagnostic(failure)}`);
  if (set.policies.length === 0)
    throw new CordonError("BUNDLE_MALFORMED", "the bundle has no policies, and would allow everything");
  await preparePolicies(set);
  const reference = { revision: manifest.revision, digest: `sha256:${digest}` };
  const origins = { ...manifest.source, history: source.history };
  return { rules: { set, tables: [...tables.values()], reference, origins }, tables };
}

/** Reads every part, each checked against its digests; whether the manifest is to be trusted is the caller's business. */
export async function readContent(
  manifest: Manifest,
  readBlob: ReadBlob,
  known: OpenedBundle["tables"] = new Map(),
): Promise<BundleContent> {
  const tables = new Map<string, AdvisoryTable>();
  let source: PolicySource | undefined;
  for (const part of manifest.parts) {
    if (part.name === POLICY_PART) source = parseSource(await readPart(part, readBlob));
    else if (part.name.startsWith(ADVISORY_PREFIX)) tables.set(keyOf(part), await openTable(part, readBlob, known));
    // A part that this version does not know might be one that blocks: leaving it out would fail open.
    else
      throw new CordonError(
        "BUNDLE_MALFORMED",
        `the bundle has a part ${JSON.stringify(part.name)} that this version of Cordon does not know`,
      );
  }
  if (!source) throw new CordonError("BUNDLE_MALFORMED", "the bundle has no policy part");
  return { source, tables };
}

async function openTable(part: Part, readBlob: ReadBlob, known: OpenedBundle["tables"]): Promise<AdvisoryTable> {
  const table = known.get(keyOf(part));
  return table ?? AdvisoryTable.open(part.name.slice(ADVISORY_PREFIX.length), await readPart(part, readBlob));
}

function keyOf({ name, sha256 }: Part): string {
  return `${name} ${sha256}`;
}

async function readPart(part: Part, readBlob: ReadBlob): Promise<Uint8Array> {
  if (part.gzip.size > BUNDLE_LIMITS.partGzipBytes || part.size > BUNDLE_LIMITS.partBytes) {
    throw new CordonError("BUNDLE_MALFORMED", `part ${part.name} is larger than this version of Cordon reads`);
  }
  const compressed = await readBlob(part.gzip.sha256, part.gzip.size).catch((error: unknown) => {
    throw isTooLarge(error) ? wrong(part, "transported", error) : error;
  });
  if (compressed.length !== part.gzip.size || (await sha256InPieces(compressed)) !== part.gzip.sha256)
    throw wrong(part, "transported");
  const bytes = await inflate(part, compressed);
  if (bytes.length !== part.size || (await sha256InPieces(bytes)) !== part.sha256) throw wrong(part, "decompressed");
  return bytes;
}

/** Whether a source gave up on bytes that are more than the signed ones. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof CordonError && ["FILE_TOO_LARGE", "UPSTREAM_TOO_LARGE"].includes(error.code);
}

/** A decompression bomb stops at the size that was signed. */
async function inflate(part: Part, compressed: Uint8Array): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(part.size);
  let length = 0;
  const gunzip = createGunzip({ chunkSize: INFLATE_CHUNK });
  try {
    gunzip.end(compressed);
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (length + chunk.length > part.size) throw wrong(part, "decompressed");
      length += chunk.copy(bytes, length);
    }
  } catch (cause) {
    throw wrong(part, "decompressed", cause);
  } finally {
    gunzip.destroy();
  }
  return bytes.subarray(0, length);
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
  const history = own(source, "history");
  if (history !== undefined && !isRuleHistory(history))
    throw new CordonError("BUNDLE_MALFORMED", "the history in the bundle's policy part cannot be read");
  return {
    policies: files("policies"),
    lists: files("lists"),
    approvals: files("approvals"),
    ...(history && { history }),
  };
}
