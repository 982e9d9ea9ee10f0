/** What lockfiles of npm's clients have in common. */
import { isPackageName, isVersion, type ReleaseId } from "../../core/purl.ts";

/** Undefined for what cannot be a release of the registry. */
export function npmRelease(name: string | undefined, version: string | undefined): ReleaseId | undefined {
  return name !== undefined && version !== undefined && isVersion(version) && isPackageName("npm", name)
    ? { type: "npm", name, version }
    : undefined;
}

/** `@acme/ui@npm:^1.0.0` to its name and what follows; undefined where nothing does. */
export function splitSpecifier(text: string): { readonly name: string; readonly range: string } | undefined {
  const at = text.indexOf("@", 1);
  return at < 0 ? undefined : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** Where a range leads that is no range of versions, as the end of a sentence; undefined for one of the registry. */
export function elsewhere(range: string): string | undefined {
  if (/^(git[+:@]|github:|gitlab:|bitbucket:|gist:|ssh:)/i.test(range) || /\.git(#|$)/.test(range))
    return "comes from git";
  if (/^https?:/i.test(range)) return "comes from an address";
  if (/^(file:|link:|portal:|workspace:|\.{0,2}\/|~\/)/.test(range)) return "lies in a folder";
  if (/^[\w.-]+\/[\w.-]+(#|$)/.test(range)) return "comes from git"; // owner/repository
  return undefined;
}

/** What registries answer with for `dist.tarball`; of what stands before nothing is asked, for each company has its own. */
const TARBALLS = [
  // npm's own, and that of nearly all others; some write the scope before the file's name too.
  /\/((?:@[^/]+\/)?([^/@]+))\/(?:-|download)\/(?:@[^/]+\/)?([^/]+)\.tgz$/,
  // GitHub Packages.
  /\/download\/(@[^/]+\/[^/@]+)\/([^/@]+)\/[0-9a-f]{40,64}$/,
] as const;
const MAX_ADDRESS = 2000;

/** The release that a tarball is of, by its address at a registry; undefined for any other address. */
export function releaseAt(address: string): ReleaseId | undefined {
  if (address.length > MAX_ADDRESS) return undefined;
  const path = decode(address.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/, ""));
  const [, name, base = "", file = ""] = TARBALLS[0].exec(path) ?? [];
  if (name !== undefined)
    return file.startsWith(`${base}-`) ? npmRelease(name, file.slice(base.length + 1)) : undefined;
  const [, hosted, version] = TARBALLS[1].exec(path) ?? [];
  return npmRelease(hosted, version);
}

/** One of both, or both where they differ. */
interface Fetched {
  /** As the entry says. */
  readonly written?: ReleaseId;
  /** As its address says. */
  readonly addressed?: ReleaseId;
}

/**
 * What a client may fetch that has this address for a release, where it has one. Where the address names another release than
 * the entry does, both: which one is taken goes by the client, its version and its settings, and no file tells those. Where it
 * is no release of a registry, the reason.
 */
export function fetchedFrom(
  address: string | undefined,
  name: string | undefined,
  version: string | undefined,
): Fetched | string {
  const written = npmRelease(name, version);
  const place = elsewhere(address ?? "");
  if (place === undefined) return written ? { written } : "has a name or a version that no registry takes";
  const addressed = /^https?:/i.test(address ?? "") ? releaseAt(address ?? "") : undefined;
  if (!addressed) return place;
  return written && !isSame(written, addressed) ? { written, addressed } : { addressed };
}

/** Registries leave a build's name (`+x`) out of what they publish. */
function isSame(one: ReleaseId, other: ReleaseId): boolean {
  const [version, otherVersion] = [one, other].map((id) => id.version.replace(/\+.*$/, ""));
  return one.name === other.name && version === otherVersion;
}

/** As it is where it is not well encoded. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
