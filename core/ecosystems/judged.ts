/** What follows from a listing, and from a judged one, in every ecosystem. */
import { permits } from "../verdict.ts";
import { VERSION_ORDERS } from "../versions/index.ts";
import type { Ecosystem, JudgedListing, ListedRelease, Listing, ReleaseFile } from "./ecosystem.ts";

const ALLOWED = new WeakMap<JudgedListing, readonly string[]>();

/** The versions that may be installed, in version order. Kept: every tag and every refusal of a listing asks. */
export function allowedVersions(judged: JudgedListing): readonly string[] {
  const known = ALLOWED.get(judged);
  if (known) return known;
  const allowed = [...judged.decisions].flatMap(([version, decision]) => (permits(decision) ? [version] : []));
  ALLOWED.set(judged, allowed);
  return allowed;
}

/** A file of a listing, and the release that it is of. */
export interface ListedFile {
  readonly release: ListedRelease;
  readonly file: ReleaseFile;
}

const FILES = new WeakMap<Listing, ReadonlyMap<string, ListedFile>>();

/** The file of this name; a name tells nothing by itself. */
export function fileNamed(listing: Listing, name: string): ListedFile | undefined {
  const known = FILES.get(listing);
  if (known) return known.get(name);
  const files = new Map<string, ListedFile>();
  for (const release of listing.releases.values())
    for (const file of release.files) files.set(file.name, { release, file });
  FILES.set(listing, files);
  return files.get(name);
}

/** The release as it is listed; or, where lists leave some out, as far as its version tells. */
export function findRelease({ unlisted }: Ecosystem, listing: Listing, version: string): ListedRelease | undefined {
  return releaseOf(listing, version) ?? unlisted?.(listing, version);
}

const SPELLINGS = new WeakMap<Listing, ReadonlyMap<string, ListedRelease>>();

/** The release of this version, however it is spelt: `1.0` and `1.0.0` are one in PyPI. */
export function releaseOf(listing: Listing, version: string): ListedRelease | undefined {
  const exact = listing.releases.get(version);
  const order = VERSION_ORDERS[listing.pkg.ecosystem];
  if (exact || !order.isValid(version)) return exact;
  const known = SPELLINGS.get(listing) ?? spellingsOf(listing);
  SPELLINGS.set(listing, known);
  return known.get(order.canonical(version) ?? version);
}

function spellingsOf({ pkg, releases }: Listing): ReadonlyMap<string, ListedRelease> {
  const { canonical } = VERSION_ORDERS[pkg.ecosystem];
  return new Map([...releases].map(([version, release]) => [canonical(version) ?? version, release]));
}

/** Of these versions, so many as most people ask for: the highest of each line, then the highest of all. */
export function mostWanted<T>({ listing }: JudgedListing, versions: ReadonlyMap<string, T>, count: number): T[] {
  const newest: T[] = [];
  const others: T[] = [];
  // Releases are in version order.
  for (const version of [...versions.keys()].toReversed()) {
    const isNewest = listing.releases.get(version)?.facts.newestOfLine === true;
    (isNewest ? newest : others).push(versions.get(version) as T);
  }
  return [...newest, ...others].slice(0, count);
}
