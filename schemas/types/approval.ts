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
     * Digests of the approved files, `ALGORITHM:HEX`: each file of the release must have one of them, and disagree with none. A file that is published later is not approved.
     *
     * @minItems 1
     * @maxItems 1024
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
