// Generated from facts.schema.json by schemas/generate.ts; do not edit.

/**
 * Everything known about one release when it is judged: the typed input of the rules. `x-source` names the document that a fact comes from: `identity` (the purl alone), `listing` (the ecosystem's metadata document), `time` (when a release was published: the listing tells it, but for Go), `manifest` (what the release says of itself: npm's listing tells it, PyPI has it as core metadata, Cargo in the file), `file` (the release's own file), `attestations` and `keys` (what the registry has of them), or `public` (the public registry's answer on a private name). What no rule reads is not fetched. `x-refined-by` names a document that corrects the fact when the file is asked for. `x-ecosystems` names those that give the fact at all; left out: each. `x-unit` is what a number counts. A fact that its source does not give is absent, never null or empty; ask with has().
 */
export interface Facts {
  pkg: Package;
  release: Release;
  /**
   * The findings that affect this release, sorted by id; those that do not affect it are left out.
   */
  advisories: Advisory[];
  client: Client;
}
/**
 * The package: a name in an ecosystem.
 */
export interface Package {
  /**
   * The purl type.
   */
  ecosystem: "npm" | "pypi" | "cargo" | "golang";
  /**
   * The full name as its ecosystem writes it, scope included (`@acme/ui`).
   */
  name: string;
  /**
   * The npm scope with its `@`; absent where the name has none.
   */
  scope?: string;
  /**
   * The package's purl, without version (`pkg:npm/%40acme/ui`).
   */
  purl: string;
  /**
   * Whether it comes from a registry of the operator's own (`proxy.private` of cordon.yaml), not from the public one.
   */
  private?: boolean;
  /**
   * Whether the public registry has a package of the same name; only for private ones. Asking tells the public registry the name.
   */
  alsoPublic?: boolean;
  /**
   * How many releases the upstream lists.
   */
  releaseCount?: number;
  /**
   * When the oldest listed release was published; absent where no release has a valid time.
   */
  firstPublished?: string;
  /**
   * Account names of those who may publish (npm: `maintainers[].name`).
   */
  maintainers?: string[];
  /**
   * URL of the source repository as the newest metadata states it; the publisher's claim, not verified.
   */
  repository?: string;
  /**
   * What the registry says of the project (PyPI: `active`, `archived`, `quarantined` or `deprecated`, PEP 792); absent where it says nothing.
   */
  status?: string;
  /**
   * Why it has that status; absent where nothing is said.
   */
  statusReason?: string;
}
/**
 * One version of the package.
 */
export interface Release {
  /**
   * The version as the ecosystem writes it.
   */
  version: string;
  /**
   * The release's purl (`pkg:npm/%40acme/ui@1.2.3`).
   */
  purl: string;
  /**
   * Whether the ecosystem's version order calls it a pre-release; absent where the version is not valid.
   */
  prerelease?: boolean;
  /**
   * Whether it is the highest stable release of its line: of its major version, or of its minor version below 1.0.0.
   */
  newestOfLine?: boolean;
  /**
   * When the registry says it was published (npm: `time[version]`; PyPI: the upload of its first file); absent where it says nothing, or nothing valid.
   */
  published?: string;
  /**
   * When the newest of its files was uploaded (PyPI): later than `published` where a file came late; absent where the time of a file is missing.
   */
  lastUpload?: string;
  origin?: Origin;
  /**
   * Whether the registry withdrew it but still serves it (PyPI: every file of it). npm has no such state, and Go's module proxies tell none: always false.
   */
  yanked?: boolean;
  /**
   * Why it was withdrawn, in the publisher's words; absent where nothing is said.
   */
  yankedReason?: string;
  /**
   * The Python versions that it is for (PyPI: `requires-python`), as its files say it alike; absent where they do not.
   */
  requiresPython?: string;
  /**
   * Its files, where a release may have several (PyPI), sorted by name; absent elsewhere.
   */
  files?: Download[];
  /**
   * The publisher's deprecation text; absent where there is none.
   */
  deprecated?: string;
  /**
   * The licence expression as published; absent where there is none.
   */
  license?: string;
  /**
   * URL of the source repository as this release states it; the publisher's claim, not verified.
   */
  repository?: string;
  /**
   * Unpacked size in bytes (npm: `dist.unpackedSize`).
   */
  size?: number;
  /**
   * Digests of the release's file by algorithm, in lower-case hex; absent where it has several (`files`), and of a Go module until its file was read.
   */
  digests?: {
    [k: string]: string;
  };
  /**
   * The scripts that an install runs (npm: preinstall, install, postinstall, and the implied `node-gyp rebuild`), in the order in which they run. Empty where there are none.
   */
  installScripts?: Script[];
  /**
   * The install scripts against those of the next lower listed version: `none` (there are none), `new` (it had none, or there is no lower version), `changed`, `same`.
   */
  installScriptsChange?: "none" | "new" | "changed" | "same";
  /**
   * When the first release of the unbroken run of versions with exactly these install scripts was published; absent where there are no scripts or a time of the run is missing.
   */
  installScriptsSince?: string;
  provenance?: Provenance;
  attestation?: Attestation;
  signature?: Signature;
  /**
   * The oldest Rust that it is for (Cargo: `rust_version`); absent where it does not say.
   */
  rustVersion?: string;
  crate?: Crate;
  module?: Module;
  sourceBuild?: SourceBuild;
  file?: File;
}
/**
 * Where the version was taken from, as the module proxy says (Go: `Origin` of `.info`); absent where it does not say.
 */
export interface Origin {
  /**
   * The repository's address.
   */
  url: string;
  /**
   * Whether the module's path begins with the repository's host and path. A path of somebody's own (`go.acme.example/lib`) leads to a repository elsewhere, and does not.
   */
  matchesPath: boolean;
}
export interface Download {
  /**
   * The file's name.
   */
  name: string;
  /**
   * `sdist` is built when it is installed, and runs code of its own then.
   */
  kind: "wheel" | "sdist" | "egg";
  /**
   * Its digests by algorithm, in lower-case hex.
   */
  digests: {
    [k: string]: string;
  };
  /**
   * When it was uploaded; absent where the registry does not say.
   */
  published?: string;
  /**
   * Bytes; absent where the registry does not say.
   */
  size?: number;
  /**
   * Whether the publisher withdrew it.
   */
  yanked: boolean;
  /**
   * Whether the listing names attestations for it.
   */
  provenance: boolean;
}
export interface Script {
  /**
   * The life-cycle event.
   */
  name: string;
  /**
   * The command; empty where it is not known.
   */
  text: string;
}
/**
 * What the registry says of build attestations. Presence is the registry's claim; `attestation` tells what was verified.
 */
export interface Provenance {
  /**
   * Whether the listing names attestations for this release (PyPI: for each of its files).
   */
  present: boolean;
  /**
   * Whether this release has none although a lower listed version has: for a stable release a stable one, for a pre-release any.
   */
  lost: boolean;
  /**
   * The highest of those lower versions; absent where none is lost.
   */
  lostFrom?: string;
  /**
   * When the first release above `lostFrom` without any was published; absent where none is lost, or its time is missing.
   */
  lostSince?: string;
}
/**
 * The build attestation, fetched and verified: signed by a certificate of a Sigstore instance that is trusted, in its log, and about this very file.
 */
export interface Attestation {
  /**
   * Whether there is one, and it is good.
   */
  verified: boolean;
  /**
   * Why it is not; absent where it is.
   */
  problem?: string;
  /**
   * Who vouches for the builder: the OIDC issuer, from the certificate; absent where nothing was verified.
   */
  issuer?: string;
  /**
   * URL of the repository that was built, from the certificate; absent where nothing was verified.
   */
  repository?: string;
  /**
   * What built it: the certificate's subject, such as the URL of a workflow at a ref; absent where nothing was verified.
   */
  workflow?: string;
}
/**
 * The registry's own signature on name, version and digest of the release.
 */
export interface Signature {
  /**
   * Whether one of the registry's keys that was valid then has signed it.
   */
  verified: boolean;
  /**
   * Why not; absent where it is verified.
   */
  problem?: string;
}
/**
 * What of a Rust crate runs when it is compiled, as its file says.
 */
export interface Crate {
  /**
   * Whether it can be read, and in one way only.
   */
  readable: boolean;
  /**
   * Why not; absent where it can.
   */
  problem?: string;
  /**
   * Whether it has a build script, which runs on whoever compiles it. True where that cannot be read.
   */
  buildScript: boolean;
  /**
   * Whether it is a procedural macro, which runs in the compiler. True where that cannot be read.
   */
  procMacro: boolean;
}
/**
 * What the files of a Go module ask of whoever builds it.
 */
export interface Module {
  /**
   * Whether its file can be read, and in one way only.
   */
  readable: boolean;
  /**
   * Why not; absent where it can.
   */
  problem?: string;
  /**
   * Whether a file of it imports C, so that a compiler of C is run. True where that cannot be read.
   */
  cgo: boolean;
  /**
   * Whether a file of it has `//go:generate`, which `go generate` runs. True where that cannot be read.
   */
  generate: boolean;
}
/**
 * What is run when its source distribution is built, which an install does where no wheel fits; absent where it has none.
 */
export interface SourceBuild {
  /**
   * Whether it can be read, and in one way only.
   */
  readable: boolean;
  /**
   * Why not; absent where it can.
   */
  problem?: string;
  /**
   * Whether it has a `setup.py` at its top, which the usual backend runs.
   */
  setupPy: boolean;
  /**
   * What builds it: `build-backend` of its pyproject.toml, and `setuptools.build_meta:__legacy__` where nothing is named (PEP 517). Empty where it cannot be read.
   */
  backend: string;
}
/**
 * What the release's own file says, read whole.
 */
export interface File {
  /**
   * Whether it can be read, and in one way only.
   */
  readable: boolean;
  /**
   * Why not; absent where it can.
   */
  problem?: string;
  /**
   * Where the file's own manifest says otherwise than the listing. Empty where it does not, or cannot be read.
   */
  differences: Difference[];
}
export interface Difference {
  /**
   * `scripts` are those that an install runs; `dependencies` include optional ones.
   */
  field: "name" | "version" | "scripts" | "dependencies" | "bin";
  /**
   * What the listing says, as JSON, cut to 300 characters.
   */
  listed: string;
  /**
   * What the file says, as JSON, cut to 300 characters.
   */
  found: string;
}
export interface Advisory {
  /**
   * The record's id (`MAL-2024-11183`, `GHSA-…`).
   */
  id: string;
  /**
   * Other ids of the same finding.
   */
  aliases: string[];
  /**
   * `malicious`: the release is an attack. `vulnerability`: a weakness. `other`: a notice, such as an unmaintained package.
   */
  kind: "malicious" | "vulnerability" | "other";
  /**
   * CVSS base score, 0 to 10, from the newest vector version given; absent where the record has no valid vector.
   */
  score?: number;
  /**
   * The score's rating as CVSS names it; without a score the database's own, if it gives one.
   */
  severity?: "none" | "low" | "medium" | "high" | "critical";
  /**
   * The affected versions as the record gives them: ranges such as `>=1.0.0 <1.2.6`, then single versions.
   */
  affected: string[];
  /**
   * Versions that end an affected range, in the ecosystem's order.
   */
  fixed: string[];
  /**
   * The record's own line.
   */
  summary?: string;
  /**
   * When the record was published; absent where it does not say, or says a placeholder.
   */
  published?: string;
  /**
   * Name of the feed.
   */
  source: string;
  /**
   * Where a person reads more.
   */
  url?: string;
}
/**
 * Who asks. Only what was verified stands here; without a verified identity there are no name, groups or claims.
 */
export interface Client {
  /**
   * The verified name; absent for an anonymous client.
   */
  name?: string;
  /**
   * The groups that the name belongs to; empty for an anonymous client.
   */
  groups: string[];
  /**
   * The claims of a verified token, as text; empty without one.
   */
  claims: {
    [k: string]: string;
  };
}
