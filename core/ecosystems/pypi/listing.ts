/** A project's page to facts: files by the release that they are of. */
import type { Download, Package, Release } from "../../../schemas/types/facts.ts";
import { CordonError } from "../../errors.ts";
import { countValues, MAX_VALUES } from "../../json.ts";
import { toPurl } from "../../purl.ts";
import { formatInstant, parseInstant } from "../../time.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { ListedRelease, Listing, ReleaseFile } from "../ecosystem.ts";
import { createProvenanceHistory, newestOfLines } from "../history.ts";
import { type FileKind, parseFilename } from "./filenames.ts";
import { parseHtmlPage } from "./html-page.ts";
import { parseJsonPage } from "./json-page.ts";
import type { Fail, Page, PageFile } from "./page.ts";

const ORDER = VERSION_ORDERS.pypi;
const TELLS: Listing["tells"] = new Set(["time"]);
const MAX_VERSIONS = 20_000;
/** About what a link costs in memory, with all that is made of it. */
const FILE_BYTES = 2000;

/** What stands behind the name of a file in that of its core metadata (PEP 658). */
export const METADATA = ".metadata";

/** A file that can be judged and served. */
export interface UsableFile extends PageFile {
  readonly kind: FileKind;
  /** As its own name spells it, normalised. */
  readonly version: string;
  readonly url: string;
}

/** What a listing's document is. */
export interface Project extends Omit<Page, "files"> {
  readonly name: string;
}

/** The files of a release of a page. */
export function usableFiles({ entry }: ListedRelease): readonly UsableFile[] {
  return entry as readonly UsableFile[];
}

/** Throws UPSTREAM_MALFORMED. A file that cannot be judged is left out, and named in `unusable`. */
export function parseListing(name: string, bytes: Uint8Array, url?: URL): Listing {
  const { files, status, statusReason } = parsePage(name, bytes, url);
  const { usable, unusable } = select(name, files);
  const byVersion = group(usable);
  if (byVersion.size > MAX_VERSIONS) throw malformed(name, `it has more than ${MAX_VERSIONS} versions`);
  const releases = toReleases(name, byVersion);
  return {
    name,
    pkg: toPackage(name, releases, status, statusReason),
    releases,
    unusable,
    document: { name, status, statusReason } satisfies Project,
    tells: TELLS,
    bytes: Math.max(bytes.length, files.length * FILE_BYTES),
  };
}

function malformed(name: string, why: string, cause?: unknown): CordonError {
  const purl = toPurl({ type: "pypi", name });
  return new CordonError("UPSTREAM_MALFORMED", `the upstream's document on ${purl} cannot be judged: ${why}`, {
    cause,
  });
}

/** The form is told by how it begins: registries send either, and not all say which. */
function parsePage(name: string, bytes: Uint8Array, url: URL | undefined): Page {
  const fail: Fail = (why, cause) => {
    throw malformed(name, why, cause);
  };
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    fail("it is not UTF-8", cause);
  }
  const isJson = /^\s{0,100}\{/.test(text);
  if (isJson && countValues(bytes) > MAX_VALUES) fail("it has more values than are read");
  return isJson ? parseJsonPage(name, text, url, fail) : parseHtmlPage(text, url, fail);
}

/** The files that can be judged, each once, and the names of the others. */
function select(name: string, files: readonly PageFile[]) {
  const usable = new Map<string, UsableFile>();
  const unusable = new Set<string>();
  for (const file of files) {
    const { filename, url, digests } = file;
    const parsed = parseFilename(name, filename);
    const before = usable.get(filename);
    // One name for two contents: whoever asks for it could mean either.
    const isTwofold = before !== undefined && JSON.stringify(before.digests) !== JSON.stringify(digests);
    if (!parsed || url === undefined || Object.keys(digests).length === 0 || isTwofold) unusable.add(filename);
    else if (!before) usable.set(filename, { ...file, ...parsed, url });
  }
  for (const filename of unusable) usable.delete(filename);
  return { usable: [...usable.values()], unusable: [...unusable] };
}

/** Versions that are equal are one release. */
function group(files: readonly UsableFile[]): ReadonlyMap<string, readonly UsableFile[]> {
  const groups = new Map<string, UsableFile[]>();
  for (const file of files) {
    const canonical = ORDER.canonical(file.version) ?? file.version;
    const listed = groups.get(canonical);
    if (listed) listed.push(file);
    else groups.set(canonical, [file]);
  }
  return new Map([...groups.values()].map((listed) => [spellingOf(listed), listed]));
}

/**
 * As the oldest file spells it. Rules and lists know a release by its text, and whoever may publish could rename an old one
 * by another file of it: 1 is 1.0.
 */
function spellingOf(listed: readonly UsableFile[]): string {
  const spellings = [...new Set(listed.map(({ version }) => version))];
  if (spellings.length === 1) return spellings[0] ?? "";
  const age = ({ uploaded = "" }: UsableFile) => parseInstant(uploaded)?.getTime() ?? Number.MAX_VALUE;
  return [...listed].sort((a, b) => age(a) - age(b))[0]?.version ?? "";
}

/** In the order of their versions, for some facts follow from those before. */
function toReleases(name: string, byVersion: ReadonlyMap<string, readonly UsableFile[]>): Map<string, ListedRelease> {
  const versions = [...byVersion.keys()].sort(ORDER.compare);
  const newest = newestOfLines(versions, ORDER);
  const provenance = createProvenanceHistory(ORDER);
  const releases = new Map<string, ListedRelease>();
  for (const version of versions) {
    const listed = [...(byVersion.get(version) ?? [])].sort((a, b) => (a.filename < b.filename ? -1 : 1));
    const files = listed.map(toDownload);
    // A file that comes late without provenance takes it from an old release too, and not as long ago as that is old.
    const bare = files.filter((file) => !file.provenance);
    const [since] = inOrder(bare.map(({ published }) => published));
    releases.set(version, {
      version,
      entry: listed,
      facts: {
        ...toFacts(name, version, listed, files),
        newestOfLine: newest.has(version),
        provenance: provenance.next(version, bare.length === 0, since === undefined ? undefined : new Date(since)),
      },
      files: listed.flatMap((file) => toReleaseFiles(name, file)),
    });
  }
  return releases;
}

function toPackage(
  name: string,
  releases: ReadonlyMap<string, ListedRelease>,
  status: string | undefined,
  statusReason: string | undefined,
): Package {
  const [first] = inOrder([...releases.values()].map(({ facts }) => facts.published));
  return {
    ecosystem: "pypi",
    name,
    purl: toPurl({ type: "pypi", name }),
    releaseCount: releases.size,
    ...(first && { firstPublished: first }),
    ...(status && { status }),
    ...(statusReason && { statusReason }),
  };
}

function toFacts(name: string, version: string, listed: readonly UsableFile[], files: Download[]): Release {
  const times = inOrder(files.map(({ published }) => published));
  const [published] = times;
  // Where one is not known, it may be the latest.
  const last = times.length === files.length ? times.at(-1) : undefined;
  const yanked = listed.every((file) => file.yanked !== undefined);
  const reason = listed.find((file) => file.yanked)?.yanked;
  const [requires, ...others] = new Set(listed.map(({ requiresPython }) => requiresPython));
  return {
    version,
    purl: toPurl({ type: "pypi", name, version }),
    prerelease: ORDER.isPrerelease(version),
    ...(published && { published }),
    ...(last && { lastUpload: last }),
    yanked,
    ...(yanked && reason && { yankedReason: reason }),
    ...(requires && others.length === 0 && { requiresPython: requires }),
    files,
  };
}

/** Those that are known, as instants are written. */
function inOrder(times: readonly (string | undefined)[]): string[] {
  return times.filter((time) => time !== undefined).sort((a, b) => Date.parse(a) - Date.parse(b));
}

function toDownload({ filename, kind, digests, uploaded, size, yanked, provenance }: UsableFile): Download {
  const published = uploaded === undefined ? undefined : parseInstant(uploaded);
  return {
    name: filename,
    kind,
    digests: { ...digests } as Record<string, string>,
    ...(published && { published: formatInstant(published) }),
    ...(size !== undefined && { size }),
    yanked: yanked !== undefined,
    provenance: provenance !== undefined,
  };
}

/** The file, and its core metadata, which is served as a file beside it (PEP 658). */
function toReleaseFiles(packageName: string, listed: UsableFile): ReleaseFile[] {
  const { filename, url, digests, metadata, provenance } = listed;
  const file = { packageName, name: filename, url, digests, ...(provenance && { attestations: provenance }) };
  if (!metadata) return [file];
  const beside = new URL(url);
  beside.pathname += METADATA;
  return [file, { packageName, name: `${filename}${METADATA}`, url: beside.href, digests: metadata }];
}
