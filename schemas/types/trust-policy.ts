// Generated from trust-policy.schema.json by schemas/generate.ts; do not edit.

/**
 * The proxy operator's own setting: who may sign bundles. It is never part of a bundle.
 */
export interface TrustPolicy {
  /**
   * The channel that a bundle must be for.
   */
  channel?: string;
  /**
   * No bundle of an earlier epoch is taken, whatever the state directory remembers.
   */
  minEpoch?: number;
  /**
   * No bundle of a lower revision in that epoch is taken: for proxies that keep no state between starts.
   */
  minRevision?: number;
  /**
   * Public keys in PEM (SubjectPublicKeyInfo): P-256 or ed25519.
   *
   * @minItems 1
   * @maxItems 64
   */
  keys?: string[];
  /**
   * Who may sign with a Sigstore certificate. Each field is compared with the certificate's, exactly; those left out are not compared.
   *
   * @minItems 1
   * @maxItems 64
   */
  identities?: TrustedIdentity[];
  sigstore?: SigstoreTrust;
}
export interface TrustedIdentity {
  /**
   * Who vouches for the signer: the URL of the OIDC issuer.
   */
  issuer: string;
  /**
   * The certificate's subject, whole: for GitHub Actions `https://github.com/OWNER/REPO/.github/workflows/FILE.yml@refs/heads/BRANCH`.
   */
  workflow: string;
  /**
   * The repository that the workflow ran for: its URL, or OWNER/REPO on the workflow's own host. Left out: the one that the workflow lies in, so a reusable workflow needs it, and `ref` too.
   */
  repository?: string;
  /**
   * The branch or tag that the workflow ran for: `refs/heads/main`. Required for a reusable workflow, which any branch could call.
   */
  ref?: string;
  /**
   * The repository's number, which outlives a change of its name.
   */
  repositoryId?: string;
  /**
   * The number of the repository's owner.
   */
  ownerId?: string;
  /**
   * Where the workflow ran.
   */
  runner?: "github-hosted" | "self-hosted";
  /**
   * The event that started the workflow: `push`, `schedule`.
   */
  trigger?: string;
}
/**
 * Whose certificates, logs and timestamps count for `identities`. Left out: the public instance, as this version knows it.
 */
export interface SigstoreTrust {
  /**
   * `embedded`: the public instance's, as it came with this version. `tuf`: refreshed once a day, with the last good one kept. Anything else: a trusted_root.json, relative to this file.
   */
  trustedRoot?: string;
  /**
   * With `tuf`: another TUF repository than the public instance's.
   */
  mirror?: string;
  /**
   * With `mirror`: its root.json, relative to this file.
   */
  root?: string;
  /**
   * Whether the signature must stand in a transparency log. An instance without one, such as GitHub's for private repositories, is trusted by its timestamps alone.
   */
  transparencyLog?: boolean;
}
