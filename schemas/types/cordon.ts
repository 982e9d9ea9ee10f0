// Generated from cordon.schema.json by schemas/generate.ts; do not edit.

export type Feed = {
  /**
   * Shown as the source of a finding.
   */
  name: string;
  /**
   * `git`: a repository of OSV records. `osv-export`: an OSV export, whole first and then what was modified. `url`: one file of records. `directory`: files of records on disk.
   */
  kind: "git" | "osv-export" | "url" | "directory";
  /**
   * For `git`, `osv-export` (the export's top, above the ecosystems) and `url`.
   */
  url?: string;
  /**
   * For `directory`, relative to cordon.yaml; for `git`, the folder of the repository to read.
   */
  path?: string;
  /**
   * For `git`; left out: the remote's own.
   */
  branch?: string;
  /**
   * For `osv-export`.
   */
  ecosystem?: "npm" | "pypi" | "cargo" | "golang";
  /**
   * The share of records by which a pull may be smaller than the one before; a larger loss waits for `--accept`.
   */
  maxShrink?: number;
};

/**
 * `cordon.yaml`: the settings of a policy repository, or of a proxy started with `--config`.
 */
export interface CordonConfig {
  apiVersion: "cordon/v1";
  kind: "Cordon";
  /**
   * Where the policy repository lives; refusals link to it.
   */
  repository?: string;
  forge?: ForgeSettings;
  /**
   * How clients reach the proxy.
   */
  publicUrl?: string;
  /**
   * For whom its bundles are: a proxy takes those of the channel that its trust policy names.
   */
  channel?: string;
  /**
   * How long a bundle is fresh, as a CEL duration (`168h`).
   */
  lifetime?: string;
  /**
   * What holds for every approval.
   */
  approvals?: {
    /**
     * The longest that an approval may last.
     */
    maxDays?: number;
  };
  /**
   * Where advisories come from, besides the repository's own `advisories/`. Each becomes one part of the bundle.
   *
   * @maxItems 32
   */
  feeds?: Feed[];
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
     * Where the bundle comes from: `dir:PATH`, `https://…` or `github:OWNER/REPO[@channel]`.
     */
    bundle?: string;
    /**
     * A public key in PEM, or a trust policy in YAML.
     */
    trust?: string;
    /**
     * HOST:PORT; left out: `127.0.0.1:4873`.
     */
    listen?: string;
    /**
     * The folder for the last known good bundle, the cache and the decision log. Left out: `.cordon/state`, where the proxy was started.
     */
    state?: string;
    /**
     * How often the source of the bundle is asked.
     */
    pollSeconds?: number;
    /**
     * From which age on a bundle is reported as stale, as a CEL duration.
     */
    staleAfter?: string;
    /**
     * Registries of one's own: these packages are asked for there and nowhere else, also where they are not found.
     *
     * @maxItems 32
     */
    private?: PrivateRegistry[];
    /**
     * The ecosystems to whose public upstream clients may publish through the proxy, with credentials of their own. A proxy reads this from its operator's file only, never from a bundle. Left out: none.
     *
     * @maxItems 4
     */
    publish?: "npm"[];
    /**
     * The ecosystems whose clients are told to send their token with everything that they ask (Cargo: `auth-required`), for whoever checks tokens in front of the proxy. The proxy checks none and passes none on. Left out: none.
     *
     * @maxItems 4
     */
    authRequired?: "cargo"[];
    /**
     * Origins besides the registries' own where files may lie, by ecosystem: `https://files.acme.example`. No token goes there.
     */
    fileOrigins?: {
      /**
       * @maxItems 32
       */
      npm?: string[];
      /**
       * @maxItems 32
       */
      pypi?: string[];
      /**
       * @maxItems 32
       */
      cargo?: string[];
    };
    /**
     * How much of the disk of the state directory registries' files and documents may take.
     */
    cacheMiB?: number;
    decisionLog?: DecisionLogSettings;
    attestations?: AttestationTrust;
    /**
     * What a proxy does when its bundle's lifetime has passed: `enforce` it and report itself degraded, `hold-new` (quarantine releases published after the bundle was made), or `deny` everything.
     */
    onExpired?: "enforce" | "hold-new" | "deny";
  };
}
/**
 * The site that hosts `repository`, where approvals are proposed. Left out: derived from the host name.
 */
export interface ForgeSettings {
  /**
   * `gitea` is Forgejo too.
   */
  kind?: "github" | "gitea" | "gitlab";
  /**
   * The branch that approvals are merged into.
   */
  branch?: string;
  /**
   * The address of its API, if it is not the usual one for this kind of forge.
   */
  api?: string;
}
export interface PrivateRegistry {
  /**
   * Whose packages they are.
   */
  ecosystem: "npm" | "pypi" | "cargo" | "golang";
  /**
   * Names, or their beginnings with a `*` behind: `@acme/*`, `git.acme.example/*`.
   *
   * @minItems 1
   * @maxItems 256
   */
  packages: string[];
  /**
   * Where they are asked for.
   */
  registry: string;
  /**
   * The environment variable that holds the token for this registry. It is sent there and nowhere else.
   */
  tokenVariable?: string;
  /**
   * Whether clients may publish these packages through the proxy, with credentials of their own.
   */
  publish?: boolean;
}
/**
 * When the decision log is rotated, and how long what was rotated is kept, compressed.
 */
export interface DecisionLogSettings {
  /**
   * A file that would grow beyond this is rotated.
   */
  maxMiB?: number;
  /**
   * A file whose first line is older than this is rotated, as a CEL duration.
   */
  maxAge?: string;
  /**
   * How many rotated files are kept; the oldest are deleted.
   */
  keep?: number;
  /**
   * Rotated files older than this are deleted even if there are no more than `keep`, as a CEL duration of at most ten years. Left out: their number alone decides.
   */
  keepFor?: string;
}
/**
 * Whose certificates count for build attestations of packages, as `sigstore` in a trust policy says it for bundles. Left out: the public Sigstore instance's, as they came with Cordon.
 */
export interface AttestationTrust {
  /**
   * `embedded`; `tuf`, to refresh it daily; or a file.
   */
  trustedRoot?: string;
  /**
   * With `tuf`: the TUF repository; left out: the public instance's.
   */
  mirror?: string;
  /**
   * With `mirror`: the file that trust in it begins with.
   */
  root?: string;
}
