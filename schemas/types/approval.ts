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
    /**
     * Needed where a malicious advisory names the release: without it, no policy that reads advisories is lifted. The policies must be named then.
     */
    override?: "malicious";
    /**
     * Why it may be installed, and what was looked at.
     */
    reason: string;
    /**
     * Where the request is discussed: an id or an address.
     */
    ticket?: string;
    /**
     * Who asked.
     */
    requestedBy: string;
    /**
     * Who reviewed it. It counts only once it is merged.
     */
    approvedBy: string;
    /**
     * When it was asked for.
     */
    created: string;
    /**
     * When it ends, whatever bundle a proxy has.
     */
    expires: string;
  };
}
