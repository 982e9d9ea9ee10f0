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
   * Public keys in PEM (SubjectPublicKeyInfo): P-256 or ed25519.
   *
   * @minItems 1
   * @maxItems 64
   */
  keys: string[];
}
