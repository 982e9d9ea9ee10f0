/** A statement to a Sigstore bundle (v0.3, DSSE), signed with a local key or with a certificate for a CI run. */
import { bundleToJSON } from "@sigstore/bundle";
import {
  CIContextProvider,
  DEFAULT_FULCIO_URL,
  DEFAULT_REKOR_URL,
  DSSEBundleBuilder,
  FulcioSigner,
  type IdentityProvider,
  RekorWitness,
  type Signer,
  TSAWitness,
  type Witness,
} from "@sigstore/sign";
import { CordonError, messageOf } from "../errors.ts";
import { embeddedRoot } from "../sigstore/trusted-root.ts";
import { type LocalSigner, localSigner, parsePrivateKey } from "./keys.ts";
import { PAYLOAD_TYPE } from "./manifest.ts";

/** Who signs, and who bears witness. */
export interface Signing {
  readonly signer: LocalSigner | Signer;
  readonly witnesses: Witness[];
  /** What must never be shown. */
  readonly secrets: () => readonly string[];
}

/** Where a Sigstore instance answers. */
export interface SigstoreUrls {
  readonly fulcio: string;
  /** Null for an instance without a transparency log. */
  readonly rekor: string | null;
  readonly rekorVersion: 1 | 2;
  readonly tsa: string;
}

/** Rekor v1: the entries that @sigstore/sign writes to v2 are of a kind that cosign does not read. */
export function publicSigstore(): SigstoreUrls {
  const tsa = embeddedRoot().timestampAuthorities[0]?.uri ?? "";
  return { fulcio: DEFAULT_FULCIO_URL, rekor: DEFAULT_REKOR_URL, rekorVersion: 1, tsa };
}

/** Throws KEY_INVALID. */
export function keySigning(pem: string, where: string): Signing {
  return { signer: localSigner(parsePrivateKey(pem, where)), witnesses: [], secrets: () => [] };
}

const RETRY = { retries: 2 };
const TIMEOUT_MS = 20_000;

/**
 * With a certificate of ten minutes for whom the identity token names: by default the CI's own (GitHub Actions,
 * Buildkite, or SIGSTORE_ID_TOKEN in the environment).
 */
export function keylessSigning(
  { fulcio, rekor, rekorVersion, tsa }: SigstoreUrls,
  provider: IdentityProvider = new CIContextProvider("sigstore"),
): Signing {
  const tokens: string[] = [];
  const identityProvider = {
    async getToken() {
      const token = await provider.getToken();
      tokens.push(token);
      return token;
    },
  };
  const options = { retry: RETRY, timeout: TIMEOUT_MS };
  return {
    signer: new FulcioSigner({ fulcioBaseURL: fulcio, identityProvider, ...options }),
    witnesses: [
      ...(rekor === null ? [] : [new RekorWitness({ rekorBaseURL: rekor, majorApiVersion: rekorVersion, ...options })]),
      new TSAWitness({ tsaBaseURL: tsa, ...options }),
    ],
    secrets: () => tokens,
  };
}

/**
 * Signs the statement's bytes exactly as they are; the result is the content of `bundle.sigstore.json`. Throws
 * SIGNING_FAILED, whose message holds no token.
 */
export async function signStatement(statement: Uint8Array, { signer, witnesses, secrets }: Signing): Promise<string> {
  const builder = new DSSEBundleBuilder({ signer, witnesses });
  try {
    const bundle = await builder.create({ data: Buffer.from(statement), type: PAYLOAD_TYPE });
    // The key's name stands beside the envelope. In it, cosign expects OpenSSH's form, and takes ours for another key's.
    for (const signature of bundle.content.dsseEnvelope.signatures) signature.keyid = "";
    return `${JSON.stringify(bundleToJSON(bundle))}\n`;
  } catch (error) {
    // Without its cause: the library's errors repeat the whole token when it cannot be read.
    throw new CordonError("SIGNING_FAILED", `the bundle cannot be signed: ${redact(reasonsOf(error), secrets())}`);
  }
}

/** The messages of an error and of what caused it. */
function reasonsOf(error: unknown): string {
  const reasons: string[] = [];
  for (let cause = error; cause !== undefined && reasons.length < 5; cause = (cause as { cause?: unknown })?.cause)
    reasons.push(messageOf(cause));
  return reasons.join(": ");
}

/** Takes out what is known to be secret, and whatever looks like a JSON Web Token (RFC 7519) or names one's header. */
function redact(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets.filter(({ length }) => length > 0)) redacted = redacted.replaceAll(secret, "[token]");
  return redacted.replace(
    /(Bearer\s+)\S+|[\w-]{16,}\.[\w-]{16,}(\.[\w-]*)?/gi,
    (_all, bearer = "") => `${bearer}[token]`,
  );
}
