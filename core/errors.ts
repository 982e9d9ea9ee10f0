/**
 * What each failure means to users: the HTTP status that the proxy answers with, the exit code of the
 * command line, and what a person does next. A refusal is not a failure: it is a Decision, and never thrown.
 */
const FAILURES = {
  USAGE: { status: 400, exit: 2, next: "Run the command with --help." },
  NOT_A_PURL: { status: 400, exit: 2, next: "Write it like pkg:npm/%40acme/ui@1.2.3." },
  FILE_UNREADABLE: { status: 500, exit: 2, next: "Check the path and its permissions." },
  FILE_TOO_LARGE: { status: 500, exit: 2, next: "Split the file, or leave out what is not needed." },
  POLICY_INVALID: { status: 503, exit: 1, next: "Run `cordon policy lint` in the policy repository." },
  CONFIG_INVALID: { status: 503, exit: 2, next: "Fix the file; schemas/cordon.schema.json says what it may contain." },
  ADDRESS_IN_USE: {
    status: 500,
    exit: 2,
    next: "Stop what listens there, or choose another address with --listen (PORT for `npm start`).",
  },
  PROXY_MISSING: { status: 500, exit: 2, next: "Give the --state directory of a proxy that runs on this machine." },
  KEY_EXISTS: {
    status: 500,
    exit: 2,
    next: "Choose another --out, or move the old key away if nothing is signed with it any more.",
  },
  ADVISORY_INVALID: { status: 503, exit: 1, next: "Fix the record, or remove it from the folder." },
  FEED_MISSING: { status: 503, exit: 2, next: "Run `cordon intel pull`." },
  FEED_MALFORMED: { status: 502, exit: 2, next: "Check the feed at its source; the last good snapshot stays in use." },
  FEED_SHRUNK: {
    status: 502,
    exit: 2,
    next: "Look at the feed. If the loss is meant, run `cordon intel pull --accept NAME`; the last good snapshot stays in use.",
  },
  BUNDLE_MISSING: {
    status: 503,
    exit: 1,
    next: "Build, sign and publish a bundle (`cordon bundle --help`), or check where it is looked for.",
  },
  SOURCE_DENIED: {
    status: 503,
    exit: 2,
    next: "Check the token: GITHUB_TOKEN for github:, CORDON_BUNDLE_TOKEN for https:.",
  },
  SERVER_BUSY: { status: 503, exit: 2, next: "Wait until the time named; with a token the limit is higher." },
  BUNDLE_MALFORMED: { status: 503, exit: 1, next: "Fetch the bundle again; if it stays so, build and sign it anew." },
  BUNDLE_SIGNATURE: {
    status: 503,
    exit: 1,
    next: "Do not use this bundle. Check who signed it, and the trust policy.",
  },
  BUNDLE_IDENTITY: {
    status: 503,
    exit: 1,
    next: "Do not use this bundle unless its signer is yours; then name the signer in the trust policy.",
  },
  BUNDLE_DIGEST: { status: 503, exit: 1, next: "Do not use this bundle: a part is not the one that was signed." },
  BUNDLE_CHANNEL: { status: 503, exit: 1, next: "Point --bundle at the channel that the trust policy names." },
  BUNDLE_EXPIRED: { status: 503, exit: 1, next: "Build and sign the bundle again: its lifetime has passed." },
  BUNDLE_FUTURE: { status: 503, exit: 1, next: "Check the clocks of this machine and of the signer." },
  BUNDLE_ROLLBACK: { status: 503, exit: 1, next: "Publish the bundle again with a higher revision." },
  BUNDLE_FORK: {
    status: 503,
    exit: 1,
    next: "Find out who signed two bundles of one revision, then publish a higher one.",
  },
  BUNDLE_OVERTAKEN: {
    status: 503,
    exit: 1,
    next: "Build again on top of what is published now (--previous), sign, and publish.",
  },
  TARGET_LOCKED: { status: 503, exit: 2, next: "Try again when the other publisher is done." },
  ALREADY_EXISTS: { status: 502, exit: 2, next: "Look at what is there; then try again." },
  TRUST_INVALID: {
    status: 503,
    exit: 2,
    next: "Give --trust a public key in PEM, or a YAML file with `keys` or `identities`.",
  },
  SIGNING_FAILED: {
    status: 500,
    exit: 2,
    next: "In GitHub Actions give the job `id-token: write`; elsewhere set SIGSTORE_ID_TOKEN, or sign with a key: --key DIR/cordon.key, after `cordon bundle keygen --out DIR`.",
  },
  KEY_INVALID: { status: 500, exit: 2, next: "Make a key with `cordon bundle keygen --out DIR`." },
  UPSTREAM_UNREACHABLE: {
    status: 502,
    exit: 2,
    next: "Check that the server is up and can be reached from here, then try again.",
  },
  UPSTREAM_TIMEOUT: { status: 504, exit: 2, next: "Try again; the server was too slow." },
  UPSTREAM_STATUS: { status: 502, exit: 2, next: "Check the server; it answered with an error." },
  UPSTREAM_REFUSED: {
    status: 502,
    exit: 2,
    next: "Check the upstream registry and its token: it refuses to answer.",
  },
  UPSTREAM_TOO_LARGE: { status: 502, exit: 2, next: "Ask the operator: the document passes the size limit." },
  UPSTREAM_MALFORMED: {
    status: 502,
    exit: 2,
    next: "Check the upstream registry; its document is not one that can be judged.",
  },
  ARCHIVE_MALFORMED: {
    status: 502,
    exit: 2,
    next: "Do not use the file: programs that unpack it do not agree on what it contains.",
  },
  UPSTREAM_LOOP: { status: 508, exit: 2, next: "Set --upstream: the registry found is this proxy itself." },
  DIGEST_MISMATCH: {
    status: 502,
    exit: 2,
    next: "Do not use the file: its bytes are not those that the registry's metadata names.",
  },
  CACHE_FAILED: {
    status: 503,
    exit: 2,
    next: "Ask again; if it stays so, look at the disk that the proxy's state directory lies on.",
  },
  DECISION_UNRECORDED: {
    status: 503,
    exit: 2,
    next: "Look at the disk that the proxy's state directory lies on; nothing is served that is not on record.",
  },
  GIT_FAILED: {
    status: 500,
    exit: 2,
    next: "Look at what git says; the same command has to work in the policy repository by hand.",
  },
  PUSH_REFUSED: {
    status: 500,
    exit: 2,
    next: "Run the command again: somebody else may have pushed. If it stays so, ask who may push branches there.",
  },
  BAD_REQUEST: { status: 400, exit: 2, next: "Update the client, or ask its makers." },
  REQUEST_TOO_LARGE: { status: 413, exit: 2, next: "Ask for less at a time." },
  NO_ENDPOINT: {
    status: 404,
    exit: 2,
    next: "Installs do not need it; ask the operator for another upstream registry.",
  },
  NOT_FOUND: { status: 404, exit: 2, next: "Check the name and the version." },
} as const satisfies Record<string, { status: number; exit: 1 | 2; next: string }>;

export type FailureCode = keyof typeof FAILURES;

export interface FailureOptions extends ErrorOptions {
  /** What to do about this one, where more is known than the code tells. */
  readonly next?: string;
}

/** A failure with a closed code. `message` says what happened and where; `next` what to do about it. */
export class CordonError extends Error {
  readonly code: FailureCode;
  readonly next: string;

  constructor(code: FailureCode, message: string, { next, ...options }: FailureOptions = {}) {
    super(message, options);
    this.name = "CordonError";
    this.code = code;
    this.next = next ?? FAILURES[code].next;
  }

  get status(): number {
    return FAILURES[this.code].status;
  }

  get exit(): 1 | 2 {
    return FAILURES[this.code].exit;
  }
}

/** The message of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}
