/** Whether a bundle may be trusted. The checks stand in the order in which they are made, each with what it stops. */
import { bundleFromJSON } from "@sigstore/bundle";
import type { Manifest } from "../../schemas/types/manifest.ts";
import { sha256 } from "../digest.ts";
import { CordonError, messageOf } from "../errors.ts";
import { canonicalJson, isObject } from "../json.ts";
import {
  BUNDLE_LIMITS,
  checkManifest,
  PAYLOAD_TYPE,
  PREDICATE_TYPE,
  revisionOf,
  STATEMENT_TYPE,
  subjectsOf,
} from "./manifest.ts";
import { verifySignature } from "./signature.ts";
import type { Trust } from "./trust.ts";

declare const verified: unique symbol;

/** Only verifyBundle() makes one: having it is the proof that the signature was checked. */
export interface VerifiedBundle {
  readonly [verified]: true;
  readonly manifest: Manifest;
  /** SHA-256 of the signed statement. */
  readonly digest: string;
  /** Who signed: `key:HINT`, or `identity:WORKFLOW (ISSUER)`. */
  readonly signer: string;
}

/** The highest bundle that was ever accepted. */
export interface Floor {
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
}

const CLOCK_SKEW_MS = 5 * 60 * 1000;
const MAX_LIFETIME_MS = 366 * 24 * 60 * 60 * 1000;

/** Throws BUNDLE_MALFORMED, BUNDLE_SIGNATURE, BUNDLE_IDENTITY, BUNDLE_CHANNEL, BUNDLE_FUTURE. */
export function verifyBundle(bytes: Uint8Array, trust: Trust, now: Date): VerifiedBundle {
  const bundle = reverifyBundle(bytes, trust);
  verifyTimes(bundle.manifest, now);
  return bundle;
}

/**
 * As verifyBundle(), of one that was accepted before: it was not from the future then, so that it seems so now is the
 * clock's doing, and no reason to be without a policy. Throws BUNDLE_MALFORMED, BUNDLE_SIGNATURE, BUNDLE_IDENTITY,
 * BUNDLE_CHANNEL.
 */
export function reverifyBundle(bytes: Uint8Array, trust: Trust): VerifiedBundle {
  const signed = parseEnvelope(bytes);
  const signer = verifySignature(signed, trust);
  const statement = signed.content.$case === "dsseEnvelope" ? signed.content.dsseEnvelope.payload : Buffer.alloc(0);
  const manifest = parseStatement(statement);
  verifyChannel(manifest, trust);
  verifySpan(manifest);
  return { manifest, digest: sha256(statement), signer } as VerifiedBundle;
}

/** Rollback, for those who remember nothing: the operator's own floor. Throws BUNDLE_ROLLBACK. */
export function verifyMinimum({ manifest }: VerifiedBundle, { minimum }: Trust): void {
  if ((manifest.epoch - minimum.epoch || manifest.revision - minimum.revision) < 0)
    throw new CordonError(
      "BUNDLE_ROLLBACK",
      `the bundle is ${revisionOf(manifest)}, and the trust policy takes none before ${revisionOf(minimum)}`,
    );
}

/** A bundle against what was accepted before. Throws BUNDLE_ROLLBACK, BUNDLE_FORK. */
export function verifyFloor({ manifest, digest }: VerifiedBundle, floor: Floor): void {
  const name = revisionOf(manifest);
  const order = manifest.epoch - floor.epoch || manifest.revision - floor.revision;
  // Rollback: an old bundle, validly signed, would take newer blocks back.
  if (order < 0)
    throw new CordonError("BUNDLE_ROLLBACK", `the bundle is ${name}, and ${revisionOf(floor)} was accepted before`);
  // Fork: two payloads for one revision mean that somebody else signs too, or that the publisher erred.
  if (order === 0 && digest !== floor.digest)
    throw new CordonError("BUNDLE_FORK", `another bundle was accepted as ${name} before`);
}

export function floorOf({ manifest: { epoch, revision }, digest }: VerifiedBundle): Floor {
  return { epoch, revision, digest };
}

/** A bundle that is offered as new. Freeze: a replayed one must not become the newest once its lifetime has passed. Throws BUNDLE_EXPIRED. */
export function verifyFresh({ manifest }: VerifiedBundle, now: Date): void {
  if (now.getTime() >= Date.parse(manifest.expires))
    throw new CordonError("BUNDLE_EXPIRED", `the bundle (${revisionOf(manifest)}) expired at ${manifest.expires}`);
}

type SignedBundle = ReturnType<typeof bundleFromJSON>;

/** Truncated, oversized or foreign bytes. */
function parseEnvelope(bytes: Uint8Array): SignedBundle {
  if (bytes.length > BUNDLE_LIMITS.manifestBytes)
    throw malformed(`it is larger than ${BUNDLE_LIMITS.manifestBytes} bytes`);
  let bundle: SignedBundle;
  try {
    bundle = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw malformed(`it is not a Sigstore bundle (${messageOf(cause)})`, cause);
  }
  if (bundle.content.$case !== "dsseEnvelope") throw malformed("it signs a file, not a statement");
  if (bundle.content.dsseEnvelope.payloadType !== PAYLOAD_TYPE) throw malformed("its payload is no in-toto statement");
  return bundle;
}

/** Statements about something else by the same signer, and manifests that name parts which they do not sign. */
function parseStatement(bytes: Uint8Array): Manifest {
  let statement: unknown;
  try {
    statement = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw malformed("its statement is not JSON", cause);
  }
  if (!isObject(statement) || statement["_type"] !== STATEMENT_TYPE)
    throw malformed("its payload is no in-toto statement");
  if (statement["predicateType"] !== PREDICATE_TYPE) throw malformed("its statement is not about a policy bundle");
  const manifest = statement["predicate"];
  if (!checkManifest.is(manifest)) {
    const issue = checkManifest(manifest)[0];
    throw malformed(`its manifest is not valid: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim());
  }
  if (canonicalJson(statement["subject"]) !== canonicalJson(subjectsOf(manifest.parts)))
    throw malformed("its subjects are not its parts");
  if (new Set(manifest.parts.map(({ name }) => name)).size < manifest.parts.length)
    throw malformed("two of its parts have one name");
  return manifest;
}

/** A bundle for others by the same signer. */
function verifyChannel({ channel }: Manifest, trust: Trust): void {
  if (channel !== trust.channel)
    throw new CordonError(
      "BUNDLE_CHANNEL",
      `the bundle is for channel ${JSON.stringify(channel)}, not ${JSON.stringify(trust.channel)}`,
    );
}

/** A lifetime that ends before it begins, or so late that nobody would notice a freeze. */
function verifySpan({ created, expires }: Manifest): void {
  const span = Date.parse(expires) - Date.parse(created);
  if (span <= 0) throw malformed("it expires before it was made");
  if (span > MAX_LIFETIME_MS) throw malformed("it says that it is fresh for more than a year");
}

/** A date set forward, which would outlast every later bundle. */
function verifyTimes({ created }: Manifest, now: Date): void {
  if (Date.parse(created) > now.getTime() + CLOCK_SKEW_MS)
    throw new CordonError("BUNDLE_FUTURE", `the bundle was made at ${created}, which is in the future`);
}

function malformed(why: string, cause?: unknown): CordonError {
  return new CordonError("BUNDLE_MALFORMED", `the bundle cannot be read: ${why}`, { cause });
}
