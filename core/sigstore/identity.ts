/**
 * Who a Fulcio certificate says has signed, and whether that is somebody whom the operator trusts. Every comparison is
 * of whole strings: the verification library takes names for patterns that match anywhere.
 */
import type { TrustedIdentity } from "../../schemas/types/trust-policy.ts";
import { CordonError } from "../errors.ts";

/** Certificate extensions below 1.3.6.1.4.1.57264.1, by Fulcio's list of OIDs. Each holds a DER UTF8String. */
const EXTENSIONS = {
  issuer: 8,
  runner: 11,
  repository: 12,
  ref: 14,
  repositoryId: 15,
  ownerId: 17,
  trigger: 20,
} as const satisfies Partial<Record<keyof TrustedIdentity, number>>;
const FULCIO = "1.3.6.1.4.1.57264.1.";

/** What the certificate says; `workflow` is its subject alternative name. */
export type Claims = Readonly<Partial<Record<keyof TrustedIdentity, string>>>;

/** What @sigstore/verify gives of a certificate that it has verified. */
export interface CertificateIdentity {
  readonly subjectAlternativeName?: string;
  readonly oids?: readonly {
    readonly oid?: { readonly id: readonly number[] } | undefined;
    readonly value: Uint8Array;
  }[];
}

/** Reads the claims. Throws BUNDLE_IDENTITY for a certificate that makes one claim twice. */
export function claimsOf({ subjectAlternativeName, oids = [] }: CertificateIdentity): Claims {
  const claims: Partial<Record<keyof TrustedIdentity, string>> = {};
  if (subjectAlternativeName !== undefined) claims.workflow = subjectAlternativeName;
  for (const [name, number] of Object.entries(EXTENSIONS)) {
    const found = oids.filter(({ oid }) => oid?.id.join(".") === `${FULCIO}${number}`);
    if (found.length > 1) throw new CordonError("BUNDLE_IDENTITY", `the certificate says twice what its ${name} is`);
    const text = found[0] && readUtf8String(found[0].value);
    if (text !== undefined) claims[name as keyof TrustedIdentity] = text;
  }
  return claims;
}

/** The identity that the claims belong to. Throws BUNDLE_IDENTITY, which names the first field that differs. */
export function findIdentity(claims: Claims, identities: readonly TrustedIdentity[]): TrustedIdentity {
  const differences: string[] = [];
  for (const identity of identities) {
    const difference = firstDifference(claims, identity);
    if (difference === undefined) return identity;
    differences.push(difference);
  }
  throw new CordonError(
    "BUNDLE_IDENTITY",
    `the bundle is signed by ${claims.workflow ?? "nobody named"}, whom the trust policy does not name: ${differences.join("; ")}`,
  );
}

/** The name of an identity in status, logs and floors. */
export function identityId({ issuer, workflow }: TrustedIdentity): string {
  return `identity:${workflow} (${issuer})`;
}

/**
 * The identity with its repository as the certificate writes it. Without one it is the repository of the workflow: else
 * any repository that calls a shared workflow would be as good.
 */
export function completeIdentity(identity: TrustedIdentity): TrustedIdentity {
  const { workflow, repository } = identity;
  const { host, home } = homeOf(workflow);
  if (repository === undefined) return home === undefined ? identity : { ...identity, repository: home };
  const isShort = host !== undefined && /^[\w.-]+(\/[\w.-]+)+$/.test(repository);
  return isShort ? { ...identity, repository: `${host}/${repository}` } : identity;
}

/**
 * Whether another workflow calls this one, so that its name does not tell the branch that it runs for: it lies in another
 * repository than `repository`, or is named by a commit.
 */
export function isCalled({ workflow, repository }: TrustedIdentity): boolean {
  const { home, ref } = homeOf(workflow);
  return home !== undefined && (home !== repository || !ref?.startsWith("refs/"));
}

/** The repository that a workflow lies in, its host, and the ref at which it was read. */
function homeOf(workflow: string): { readonly host?: string; readonly home?: string; readonly ref?: string } {
  const [, host, path, ref] = /^(https:\/\/[^/]+)\/(.+?)\/+\.[^@]*@(.*)$/s.exec(workflow) ?? [];
  return host === undefined || path === undefined || ref === undefined ? {} : { host, home: `${host}/${path}`, ref };
}

function firstDifference(claims: Claims, identity: TrustedIdentity): string | undefined {
  for (const [name, wanted] of Object.entries(identity)) {
    const claimed = claims[name as keyof TrustedIdentity];
    if (claimed !== wanted) return `its ${name} is ${claimed ?? "not given"}, not ${wanted}`;
  }
  return undefined;
}

/** A DER UTF8String (X.690, 8.23) that fills the bytes; undefined for anything else. */
function readUtf8String(der: Uint8Array): string | undefined {
  const [tag, first = 0] = der;
  if (tag !== 0x0c) return undefined;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  if (extra > 2) return undefined;
  const length = extra === 0 ? first : der.subarray(2, 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
  const content = der.subarray(2 + extra);
  return content.length === length ? Buffer.from(content).toString("utf8") : undefined;
}
