/** The trust policy: the operator's own setting of who may sign bundles. */
import type { KeyObject } from "node:crypto";
import { dirname, join } from "node:path";
import schema from "../../schemas/trust-policy.schema.json" with { type: "json" };
import type { TrustedIdentity, TrustPolicy } from "../../schemas/types/trust-policy.ts";
import { CordonError } from "../errors.ts";
import { schemaCheck } from "../schema.ts";
import { completeIdentity, identityId, isCalled } from "../sigstore/identity.ts";
import { openRoot, type RootSource } from "../sigstore/trusted-root.ts";
import { formatDiagnostic } from "../source/diagnostic.ts";
import { readText } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { keyHint, parsePublicKey } from "./keys.ts";

const check = schemaCheck<TrustPolicy>(schema);

export interface Trust {
  readonly channel: string;
  /** The lowest that is taken, whatever is remembered. */
  readonly minimum: { readonly epoch: number; readonly revision: number };
  /** Public keys by hint. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  readonly identities: readonly TrustedIdentity[];
  /** Undefined where only keys are trusted. */
  readonly root: RootSource | undefined;
  /** Whether the signature of an identity must stand in a transparency log. */
  readonly transparencyLog: boolean;
}

export interface TrustOptions {
  /** What relative paths of the policy are relative to. */
  readonly base: string;
  /** Where a root that is refreshed through TUF is kept. */
  readonly cacheDir: string;
}

/** Where the command line keeps what TUF gives. */
const CACHE_DIR = join(".cordon", "sigstore");

/** Reads `--trust`: a public key in PEM, or a trust policy in YAML. Throws TRUST_INVALID, FILE_UNREADABLE. */
export function readTrust(path: string, cacheDir = CACHE_DIR): Trust {
  const text = readText(path);
  const options = { base: dirname(path), cacheDir };
  if (text.trimStart().startsWith("-----BEGIN")) return toTrust({ keys: [text] }, path, options);
  const file = new YamlFile({ path, text });
  const issues = file.check(check);
  // As `cordon init` leaves it where it does not know who signs: all in comments.
  if (file.value === null || file.value === undefined) return toTrust({}, path, options);
  if (issues[0]) throw new CordonError("TRUST_INVALID", formatDiagnostic(issues[0]));
  return toTrust(file.value as TrustPolicy, path, options);
}

/** Throws TRUST_INVALID: also for a policy that names nobody, which would trust anybody or nobody. */
export function toTrust(
  policy: TrustPolicy,
  where: string,
  options: TrustOptions = { base: ".", cacheDir: CACHE_DIR },
): Trust {
  const { channel = "stable", minEpoch = 0, minRevision = 0, keys: pems = [], identities = [], sigstore } = policy;
  if (pems.length + identities.length === 0)
    throw new CordonError("TRUST_INVALID", `${where} names nobody who may sign`, {
      next: "Fill it in: give it `keys` or `identities`. What stands there in comments counts once their `# ` is gone.",
    });
  if (sigstore && identities.length === 0)
    throw new CordonError("TRUST_INVALID", `${where} has \`sigstore\` settings, and no \`identities\` that need them`);
  return {
    channel,
    minimum: { epoch: minEpoch, revision: minRevision },
    keys: new Map(pems.map((pem) => parsePublicKey(pem, where)).map((key) => [keyHint(key), key])),
    identities: identities.map((identity) => requireRef(completeIdentity(identity), where)),
    root: identities.length > 0 ? openRoot(sigstore ?? {}, options) : undefined,
    transparencyLog: sigstore?.transparencyLog ?? true,
  };
}

/** Whoever may push any branch can have a shared workflow sign for it, before anybody reviews what it signs. */
function requireRef(identity: TrustedIdentity, where: string): TrustedIdentity {
  const { workflow, repository, ref } = identity;
  if (ref !== undefined || !isCalled(identity)) return identity;
  throw new CordonError(
    "TRUST_INVALID",
    `${where}: the workflow ${workflow} is one that others call, and without \`ref\` it may sign for any branch of ${repository}`,
    { next: "Add `ref: refs/heads/main` to that identity, or the branch that bundles are made of." },
  );
}

export function keyId(hint: string): string {
  return `key:${hint}`;
}

/** Everybody who may sign, by the names that a verified bundle calls its signer. */
export function signersOf({ keys, identities }: Trust): ReadonlySet<string> {
  return new Set([...[...keys.keys()].map(keyId), ...identities.map(identityId)]);
}
