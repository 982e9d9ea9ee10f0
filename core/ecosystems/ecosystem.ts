/** What Cordon must know about one package ecosystem. Adapters are pure: no I/O, no clock, no policy. */
import type { Decision } from "../../schemas/types/decision.ts";
import type { Origin, Package, Release, Signature } from "../../schemas/types/facts.ts";
import type { Digests } from "../digest.ts";
import type { PurlType } from "../purl.ts";
import type { VersionOrder } from "../versions/order.ts";

/** What a client asks for. Whatever is not recognised is `unsupported`: there is no way past the gate. */
export type RegistryRequest =
  | { readonly kind: "listing"; readonly name: string }
  /** The names of all packages. */
  | { readonly kind: "names" }
  /** One release's own document, by version or by tag; without, of what the registry would give by itself. */
  | { readonly kind: "release"; readonly name: string; readonly version: string | undefined }
  /** A text of the upstream's that a client must have unchanged, and that is not decided on. */
  | { readonly kind: "text"; readonly question: Question; readonly isImmutable: boolean }
  /** To the one address that a document has, below the registry's own. */
  | { readonly kind: "redirect"; readonly path: string }
  /** What attests to a file, where the listing says. */
  | { readonly kind: "attestations"; readonly name: string; readonly filename: string }
  /** What its name tells of the `version` counts only where the listing does not have the file. */
  | {
      readonly kind: "file";
      readonly name: string;
      readonly filename: string;
      readonly version: string | undefined;
      /** Whether the file without its install scripts is meant; there only where it is. */
      readonly stripped?: true;
    }
  /** What the tags of a package name, once denied releases are withheld. */
  | { readonly kind: "tags"; readonly name: string }
  /** What holds nothing that could be installed: asked of the upstream as it is, but never with the client's credentials. */
  | { readonly kind: "relay"; readonly question: Question }
  /** A release, or a tag, that a client writes with credentials of its own; the path is written anew, never the client's. */
  | { readonly kind: "publish"; readonly name: string; readonly method: "PUT" | "DELETE"; readonly path: string }
  | { readonly kind: "answer"; readonly body: object }
  /** What a client must know of the registry first. */
  | { readonly kind: "config" }
  | { readonly kind: "unsupported"; readonly status: 400 | 404 | 405; readonly reason: string };

/** What is asked of a registry beyond its listings and files, below its own path. */
export interface Question {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** The package that it is about, where it is about one: its registry is asked. */
  readonly about?: string;
  /** Of an answer that is known to be short; left out: as much as of any. */
  readonly maxBytes?: number;
  /** Whether it is asked of the registry's own API, which its config names, and not below its path. */
  readonly toApi?: true;
  /** Where it tells names of packages: as the keys of its body, or anywhere. */
  readonly tells?: "keys" | "text";
}

/** What is attested, and where that is written: below the registry's path, or at an address that the listing names. */
export interface Attested {
  /** Undefined where the listing names none. */
  readonly document: { readonly path: string } | { readonly address: string } | undefined;
  /** What an attestation must be about: a purl, or the name of a file. */
  readonly name: string;
  readonly digests: Digests;
  /** What may be said of it: beginnings of predicate types. */
  readonly predicates: readonly string[];
}

/** One download of a release; URL and digests come from the listing, never from a request. */
export interface ReleaseFile {
  readonly packageName: string;
  readonly name: string;
  readonly url: string;
  readonly digests: Digests;
  /** Where the listing names no digest, and clients hold the file against what they know of it themselves. */
  readonly checkedBy?: "client";
  /** Where its attestations lie, where it has some of its own. */
  readonly attestations?: string;
}

/** The bytes of a file; what uses them ends well only where they are those that the listing names. */
export type ReadFile = (file: ReleaseFile) => AsyncIterable<Uint8Array>;

export interface ListedRelease {
  readonly version: string;
  /** What the document says of it, as it came. */
  readonly entry: unknown;
  readonly facts: Release;
  readonly files: readonly ReleaseFile[];
}

/** An upstream's metadata document, read once. */
export interface Listing {
  readonly name: string;
  readonly pkg: Package;
  readonly releases: ReadonlyMap<string, ListedRelease>;
  /** Versions that the document names in a form that cannot be judged; they are never served. */
  readonly unusable: readonly string[];
  readonly document: unknown;
  /** What it tells of releases that elsewhere stands in documents of their own: when they were published, and what their manifests say. */
  readonly tells: ReadonlySet<"time" | "manifest">;
  /** About what keeping it costs: the document's own, or more where it holds many values in few bytes. */
  readonly bytes: number;
}

/** A listing with the decision on each of its releases. */
export interface JudgedListing {
  readonly listing: Listing;
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Decisions on malicious releases that the upstream does not list any more. */
  readonly gone: readonly Decision[];
  /** By version, for releases that are served without install scripts; left out: for none. */
  readonly stripped?: ReadonlyMap<string, Pick<StrippedFile, "integrity" | "shasum">>;
}

/** A file without its install scripts. */
export interface StrippedFile {
  readonly bytes: Uint8Array;
  /** Subresource Integrity, sha512. */
  readonly integrity: string;
  /** SHA-1, in hex. */
  readonly shasum: string;
  /** What was taken out. */
  readonly removed: readonly string[];
}

/** How a refusal is worded, and where the registry lies for clients (`https://packages.acme.example/npm`). */
export interface Rendering {
  readonly registry: string;
  readonly sentence: (decision: Decision) => string;
}

export type RefusalForm = "json" | "problem" | "text";

/** A form in which clients want a document; equal keys mean equal bytes. */
export type Form = string;

export type Environment = Readonly<Record<string, string | undefined>>;

/** How clients are told which registry to ask. The first variable that says it counts, then the first file. */
export interface ClientSettings {
  readonly variables: readonly string[];
  /** Below the person's own folder, or the one in which they are. */
  files(environment: Environment, home: string, here: string): readonly string[];
  /** What a variable, or the text of a file, says. */
  read(text: string, from: "variable" | "file", environment: Environment): string | undefined;
}

/** What the document on one release tells. */
export interface ReleaseInfo {
  readonly version: string;
  readonly published: string | undefined;
  /** Where it was taken from; left out where nobody tells. */
  readonly origin?: Origin | undefined;
}

export interface ReleaseDetails {
  /** The account that published it. */
  readonly publisher?: string | undefined;
  /** What it needs, with the versions that it takes; not what only its authors need. */
  readonly dependencies?: ReadonlyMap<string, string>;
}

export interface Ecosystem {
  readonly type: PurlType;
  /** Where clients find it below the proxy's own address. */
  readonly mount: string;
  readonly settings: ClientSettings;
  /** The registry that everybody asks; undefined where no library knows it. */
  publicRegistry(): string | undefined;
  readonly versions: VersionOrder;
  /** Whether its public registry has files on another host than its listings. */
  readonly filesLieElsewhere: boolean;
  /** The path as it came, still encoded, below the registry's own; the query without its question mark. */
  parseRequest(method: string, path: string, query: string): RegistryRequest;
  /**
   * In what form its clients read a refusal: a JSON object with `error`, RFC 9457's problem details, or plain text of two
   * lines. The reason phrase has it in any case.
   */
  readonly refusalForm: RefusalForm;
  /** Whether a token is sent without a scheme before it; left out: `Bearer` stands before it. */
  readonly sendsBareTokens?: true;
  formOf(headers: { readonly accept: string | undefined; readonly userAgent: string | undefined }): Form;
  listingUrl(registry: URL, name: string): URL;
  /**
   * Below the registry's path, a document that every listing needs in order to be read; it stands before each, in a line of
   * its own. Left out where there is none.
   */
  readonly configPath?: string;
  /** Where the registry has an API of its own, by its config; left out where there is none. */
  readonly apiOf?: (config: unknown) => string | undefined;
  /** The registry's own config as clients get it; left out where there is none. `isAuthRequired`: they are to send their tokens. */
  readonly config?: (registry: string, isAuthRequired: boolean) => object;
  /** Whether a listing of which nothing is allowed is refused, because clients would not tell why there is nothing. */
  readonly refusesEmptyListings: boolean;
  /** What else than 404 and 410 a registry answers with that has no such listing; left out: nothing. */
  readonly alsoMissing?: ReadonlySet<number>;
  /** What to ask the upstream for: always the fullest document. */
  readonly listingAccept: string;
  /**
   * Addresses in it may be relative to its own; left out: then those cannot be fetched. Throws UPSTREAM_MALFORMED for a
   * document that cannot be judged as a whole.
   */
  parseListing(name: string, bytes: Uint8Array, url?: URL): Listing;
  /** What a listing tells of a release for people to read, and no rule reads; left out where it tells nothing more. */
  readonly describe?: (release: ListedRelease) => ReleaseDetails;
  /** The document on all names, at the registry's own address; left out where there is none. */
  readonly names?: {
    /** Those that can be names. Throws UPSTREAM_MALFORMED. */
    parse(bytes: Uint8Array): readonly string[];
    render(names: readonly string[], form: Form): { readonly contentType: string; readonly body: string };
  };
  /** The document on one release, where it tells when that was published, and what a branch or nothing at all stands for. */
  readonly info?: {
    question(name: string, query: string | undefined): Question;
    /** Whether there is no release of which there is no such document. */
    readonly isAlwaysThere: boolean;
    /** `name`: the package's. Undefined for what is no such document. */
    read(document: unknown, name: string): ReleaseInfo | undefined;
  };
  /** A release that the registry may have although its listing does not name it; left out where listings name all. */
  readonly unlisted?: (listing: Listing, version: string) => ListedRelease | undefined;
  /** How install scripts are taken out of a file; left out where they cannot be. */
  readonly stripping?: {
    /** Of a file as it comes. */
    readonly maxBytes: number;
    /** Undefined where there is nothing to take out. Throws UPSTREAM_MALFORMED. */
    strip(bytes: Uint8Array): Promise<StrippedFile | undefined>;
  };
  /** The facts that a release's manifest tells; left out where listings tell them. Throws what the file throws. */
  readonly inspectManifest?: (release: ListedRelease, read: ReadFile) => Promise<Partial<Release>>;
  /**
   * The facts that a release's own file tells, in place of the listing's; left out where files are not read. Throws what
   * the file throws.
   */
  readonly inspectFile?: (release: ListedRelease, read: ReadFile) => Promise<Partial<Release>>;
  /** Where a registry has attestations on a release, and the Sigstore bundles in them that tell of its origin. */
  readonly attestations?: {
    /** All must be good; none where the listing does not name any. */
    of(release: ListedRelease): readonly Attested[];
    bundles(document: unknown): readonly unknown[];
  };
  /** Where a registry has the keys by which it signs releases, and whether it has signed one. */
  readonly signatures?: {
    readonly keysPath: string;
    verify(release: ListedRelease, keys: unknown): Signature;
  };
  /** The listing without what is denied. Throws UPSTREAM_MALFORMED, as renderRelease() does, for what cannot be written. */
  renderListing(
    judged: JudgedListing,
    form: Form,
    rendering: Rendering,
  ): { readonly contentType: string; readonly body: string };
  /** One release's document; undefined where there is no such release. Only called for what is permitted. */
  renderRelease(
    judged: JudgedListing,
    version: string,
    rendering: Rendering,
  ): { readonly contentType: string; readonly body: string } | undefined;
  /** The tags of a listing as clients see them. */
  tagsOf(judged: JudgedListing): object;
  /**
   * The version that a client gets for a version, a tag or a range, or for none of them, once denied releases are withheld;
   * undefined where there is none.
   */
  resolveVersion(judged: JudgedListing, wanted: string | undefined): string | undefined;
}
