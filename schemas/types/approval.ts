// Generated from approval.schema.json by schemas/generate.ts; do not edit.

/**
 * A reviewed, exact-version, expiring record that lifts a quarantine or a block.
 */
export interface Approval {
  apiVersion: "cordon/v1";
  kind: "Approval";
  spec: {
    /**
     * Exactly one release.
     */
    purl: string;
    /**
     * Digests of the approved file, `ALGORITHM:HEX`; the file that is served must have one of them, and disagree with none.
     *
     * @minItems 1
     * @maxItems 64
     */
    digests: string[];
    /**
     * The policies that it lifts; left out: every approvable one.
     *
     * @minItems 1
     */
    policies?: string[];
    reason: string;
    requestedBy: string;
    approvedBy: string;
    created: string;
    expires: string;
  };
}
