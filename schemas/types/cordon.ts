// Generated from cordon.schema.json by schemas/generate.ts; do not edit.

/**
 * `cordon.yaml`: what a policy repository, and a proxy started with `--config`, is set to.
 */
export interface CordonConfig {
  apiVersion: "cordon/v1";
  kind: "Cordon";
  /**
   * Where the policy repository lives; refusals link to it.
   */
  repository?: string;
  /**
   * How clients reach the proxy.
   */
  publicUrl?: string;
  channel?: string;
  /**
   * How long a bundle is fresh, as a CEL duration (`168h`).
   */
  lifetime?: string;
  approvals?: {
    /**
     * The longest that an approval may last.
     */
    maxDays?: number;
  };
  /**
   * The registry behind each ecosystem. Left out: the client's own settings, then the public one. A proxy reads this from its operator's file only, never from a bundle.
   */
  upstreams?: {
    npm?: string;
    pypi?: string;
    cargo?: string;
    golang?: string;
  };
  /**
   * The proxy's own options; a flag of the same name stands before them. Paths are relative to this file.
   */
  proxy?: {
    /**
     * Where the bundle comes from (`dir:PATH`).
     */
    bundle?: string;
    /**
     * A public key in PEM, or a trust policy in YAML.
     */
    trust?: string;
    listen?: string;
    state?: string;
    pollSeconds?: number;
    /**
     * What a proxy does when its bundle's lifetime has passed: `enforce` it and report itself degraded, `hold-new` (quarantine releases published after the bundle was made), or `deny` everything.
     */
    onExpired?: "enforce" | "hold-new" | "deny";
  };
}
