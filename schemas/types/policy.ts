// Generated from policy.schema.json by schemas/generate.ts; do not edit.

/**
 * One policy: a file of `policies/`.
 */
export interface PackagePolicy {
  apiVersion: "cordon/v1";
  kind: "PackagePolicy";
  metadata: {
    /**
     * Unique in the repository; shown in every refusal.
     */
    name: string;
    /**
     * One line for people.
     */
    title?: string;
    /**
     * Why the policy exists and what to do when it refuses.
     */
    description?: string;
  };
  spec: {
    /**
     * `audit` records what the policy would do and lets the release through.
     */
    mode?: "enforce" | "audit";
    /**
     * Left out: all.
     *
     * @minItems 1
     */
    ecosystems?: ("npm" | "pypi" | "cargo" | "golang")[];
    /**
     * Typed data apart from the logic. A list becomes a map in CEL, so that `in` is one look-up.
     */
    params?: {
      [k: string]: string | number | boolean | string[];
    };
    /**
     * Expressions named once; each may use those before it; evaluated at first use.
     *
     * @maxItems 64
     */
    variables?: {
      /**
       * What rules write after `variables.`.
       */
      name: string;
      /**
       * CEL, of any type.
       */
      expression: string;
    }[];
    /**
     * The first rule that matches is the policy's verdict; when none does, the policy allows.
     *
     * @minItems 1
     * @maxItems 64
     */
    rules: Rule[];
    /**
     * `false`: no approval lifts this policy unless it names it.
     */
    approvable?: boolean;
    /**
     * How `strip-scripts` does it. `rewrite`: the file itself is served without install scripts, under another digest. `metadata`: only the listing says nothing of them, which suffices for npm alone.
     */
    strip?: "rewrite" | "metadata";
    /**
     * The verdict when a rule fails to evaluate.
     */
    onError?: "quarantine" | "block";
  };
}
export interface Rule {
  /**
   * Unique in the policy; shown in every refusal.
   */
  name: string;
  /**
   * CEL, bool.
   */
  condition: string;
  /**
   * What is said of a release for which the condition is true, from the mildest to the most severe.
   */
  verdict: "allow" | "warn" | "strip-scripts" | "quarantine" | "block";
  /**
   * The reason that a developer reads; one sentence.
   */
  message: string;
  /**
   * CEL, string; used instead of `message` when it yields a text.
   */
  messageExpression?: string;
  /**
   * CEL, timestamp: when a quarantine ends by itself.
   */
  until?: string;
}
