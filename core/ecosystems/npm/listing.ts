/** A packument (npm's metadata document) to facts. Every byte of it is a stranger's. */
import type { Package, Release, Script } from "../../../schemas/types/facts.ts";
import { type Digests, isDigest, parseIntegrity } from "../../digest.ts";
import { CordonError } from "../../errors.ts";
import { countValues, isObject, type JsonObject, MAX_VALUES, own, ownString } from "../../json.ts";
import { toPurl } from "../../purl.ts";
import { formatInstant, parseInstant } from "../../time.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import { countUpTo } from "../../versions/order.ts";
import type { ListedRelease, Listing, ReleaseDetails } from "../ecosystem.ts";
import { createProvenanceHistory, newestOfLines } from "../history.ts";
import { installScriptsOf } from "./manifests.ts";
import { unscoped } from "./request.ts";

const TELLS: Listing["tells"] = new Set(["time", "manifest"]);
/** Far above the largest package (some 5,000); a document beyond it is an attack on memory. */
const MAX_VERSIONS = 20_000;
const MAX_TAGS = 1000;
/** A rule may loop over them. */
const MAX_MAINTAINERS = 100;
const MAX_DEPENDENCIES = 1000;
/** Of a text about the package: rules read it, and the log may keep it, once for each of its releases. */
const MAX_PACKAGE_TEXT = 2048;
/** About what a value costs in memory, however short its text. */
const VALUE_BYTES = 40;

/** A packument as it came, once its outer shape is known to be sound. */
export interface Packument extends JsonObject {
  readonly name: string;
  readonly versions: JsonObject;
  readonly "dist-tags": Readonly<Record<string, string>>;
}

/** Throws UPSTREAM_MALFORMED. A version that cannot be judged is left out, and named in `unusable`. */
export function parseListing(name: string, bytes: Uint8Array): Listing {
  const values = countValues(bytes);
  const document = parsePackument(name, bytes, values);
  const times = publishTimes(document);
  const unusable: string[] = [];
  const manifests: [version: string, manifest: JsonObject][] = [];
  for (const [version, manifest] of Object.entries(document.versions)) {
    if (isUsable(name, version, manifest)) manifests.push([version, manifest]);
    else unusable.push(version);
  }
  manifests.sort(([a], [b]) => VERSION_ORDERS.npm.compare(a, b));
  const newest = newestOfLines(
    manifests.map(([version]) => version),
    VERSION_ORDERS.npm,
  );
  const releases = new Map<string, ListedRelease>();
  const provenance = createProvenanceHistory(VERSION_ORDERS.npm);
  let previous: Previous | undefined;
  for (const [version, manifest] of manifests) {
    const published = times.get(version);
    const release = toRelease(name, version, manifest, published, previous);
    releases.set(version, {
      version,
      entry: manifest,
      facts: {
        ...release.facts,
        newestOfLine: newest.has(version),
        provenance: provenance.next(version, hasProvenance(manifest), published),
      },
      files: [fileOf(name, version, manifest)],
    });
    previous = release.previous;
  }
  const cost = Math.max(bytes.length, values * VALUE_BYTES);
  return {
    name,
    pkg: toPackage(document, times, releases.size),
    releases,
    unusable,
    document,
    tells: TELLS,
    bytes: cost,
  };
}

function parsePackument(name: string, bytes: Uint8Array, values: number): Packument {
  const malformed = (why: string, cause?: unknown) =>
    new CordonError(
      "UPSTREAM_MALFORMED",
      `the upstream's document on ${toPurl({ type: "npm", name })} cannot be judged: ${why}`,
      { cause },
    );
  if (values > MAX_VALUES) throw malformed("it has more values than are read");
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed("it is not JSON", cause);
  }
  if (!isObject(document)) throw malformed("it is not an object");
  if (ownString(document, "name") !== name) throw malformed("it is about another package");
  const versions = own(document, "versions");
  if (!isObject(versions)) throw malformed("it has no `versions`");
  if (Object.keys(versions).length > MAX_VERSIONS) throw malformed(`it has more than ${MAX_VERSIONS} versions`);
  const tags = own(document, "dist-tags") ?? {};
  if (!isObject(tags) || !Object.values(tags).every((version) => typeof version === "string"))
    throw malformed("its `dist-tags` are not texts");
  if (Object.keys(tags).length > MAX_TAGS) throw malformed(`it has more than ${MAX_TAGS} dist-tags`);
  const time = own(document, "time");
  if (time !== undefined && !isObject(time)) throw malformed("its `time` is not an object");
  return { ...document, "dist-tags": tags } as Packument;
}

/** The key, the manifest's own name and version agree, the version is one, and there is a file that can be checked. */
function isUsable(name: string, version: string, manifest: unknown): manifest is JsonObject {
  if (!VERSION_ORDERS.npm.isValid(version) || !isObject(manifest)) return false;
  if (ownString(manifest, "name") !== name || ownString(manifest, "version") !== version) return false;
  const dist = own(manifest, "dist");
  const url = ownString(dist, "tarball");
  return url !== undefined && URL.canParse(url) && Object.keys(digestsOf(dist)).length > 0;
}

function publishTimes(document: Packument): Map<string, Date> {
  const times = new Map<string, Date>();
  for (const [version, text] of Object.entries(own(document, "time") ?? {})) {
    const instant = typeof text === "string" ? parseInstant(text) : undefined;
    if (instant && Object.hasOwn(document.versions, version)) times.set(version, instant);
  }
  return times;
}

function toPackage(document: Packument, times: ReadonlyMap<string, Date>, releaseCount: number): Package {
  const { name } = document;
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/")) : undefined;
  const first = [...times.values()].reduce((least, time) => Math.min(least, Number(time)), Number.POSITIVE_INFINITY);
  const repository = short(repositoryOf(document));
  const maintainers = own(document, "maintainers");
  return {
    ecosystem: "npm",
    name,
    ...(scope && { scope }),
    purl: toPurl({ type: "npm", name }),
    releaseCount,
    ...(Number.isFinite(first) && { firstPublished: formatInstant(new Date(first)) }),
    ...(Array.isArray(maintainers) && {
      maintainers: maintainers.slice(0, MAX_MAINTAINERS).flatMap((one) => short(ownString(one, "name")) ?? []),
    }),
    ...(repository && { repository }),
  };
}

/** What is longer is not what it says that it is. */
function short(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MAX_PACKAGE_TEXT ? text : undefined;
}

/** What the next higher version is compared with. */
interface Previous {
  readonly scripts: readonly Script[];
  readonly scriptsSince: Date | undefined;
}

function hasProvenance(manifest: JsonObject): boolean {
  return own(own(own(manifest, "dist"), "attestations"), "provenance") !== undefined;
}

function toRelease(
  name: string,
  version: string,
  manifest: JsonObject,
  published: Date | undefined,
  previous: Previous | undefined,
): { facts: Release; previous: Previous } {
  const dist = own(manifest, "dist");
  const scripts = installScripts(manifest);
  const change = scriptsChange(scripts, previous?.scripts ?? []);
  // A run that began at an unknown time has no known beginning.
  const scriptsSince =
    change === "same" ? earlier(previous?.scriptsSince, published) : change === "none" ? undefined : published;
  const deprecated = own(manifest, "deprecated");
  const license = ownString(manifest, "license") ?? ownString(own(manifest, "license"), "type");
  const repository = repositoryOf(manifest);
  const size = own(dist, "unpackedSize");
  const facts: Release = {
    version,
    purl: toPurl({ type: "npm", name, version }),
    prerelease: VERSION_ORDERS.npm.isPrerelease(version),
    ...(published && { published: formatInstant(published) }),
    yanked: false,
    ...(isDeprecated(deprecated) && { deprecated: String(deprecated) }),
    ...(license && { license }),
    ...(repository && { repository }),
    ...(Number.isSafeInteger(size) && Number(size) >= 0 && { size: Number(size) }),
    digests: { ...digestsOf(dist) } as Record<string, string>,
    installScripts: scripts,
    installScriptsChange: change,
    ...(scriptsSince && { installScriptsSince: formatInstant(scriptsSince) }),
  };
  return { facts, previous: { scripts, scriptsSince } };
}

/** What the listing says: a registry may know that there are scripts without telling them, and the text is then empty. */
export function installScripts(manifest: JsonObject): Script[] {
  const found = installScriptsOf(manifest, own(manifest, "gypfile") === true);
  if (found.length === 0 && own(manifest, "hasInstallScript") === true) found.push({ name: "install", text: "" });
  return found;
}

function scriptsChange(
  scripts: readonly Script[],
  before: readonly Script[],
): NonNullable<Release["installScriptsChange"]> {
  if (scripts.length === 0) return "none";
  if (before.length === 0) return "new";
  return JSON.stringify(scripts) === JSON.stringify(before) ? "same" : "changed";
}

function earlier(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a < b ? a : b) : undefined;
}

function isDeprecated(deprecated: unknown): boolean {
  return (typeof deprecated === "string" && deprecated !== "") || deprecated === true;
}

/** For people: what a release that somebody else published, or that needs something new, is looked at for. */
export function describe({ entry }: ListedRelease): ReleaseDetails {
  const dependencies = new Map<string, string>();
  for (const field of ["dependencies", "optionalDependencies", "peerDependencies"])
    for (const [name, range] of Object.entries(own(entry, field) ?? {}).slice(0, MAX_DEPENDENCIES))
      dependencies.set(name, typeof range === "string" ? range : "");
  return { publisher: short(ownString(own(entry, "_npmUser"), "name")), dependencies };
}

function repositoryOf(manifest: JsonObject): string | undefined {
  return ownString(manifest, "repository") ?? ownString(own(manifest, "repository"), "url");
}

function digestsOf(dist: unknown): Digests {
  const shasum = ownString(dist, "shasum")?.toLowerCase();
  return {
    ...(shasum !== undefined && isDigest("sha1", shasum) && { sha1: shasum }),
    ...parseIntegrity(ownString(dist, "integrity") ?? ""),
  };
}

/** The canonical file name; whatever the upstream calls it, clients ask for it under this one. */
export function tarballName(name: string, version: string): string {
  return `${unscoped(name)}-${version}.tgz`;
}

function fileOf(name: string, version: string, manifest: JsonObject) {
  const dist = own(manifest, "dist");
  const url = ownString(dist, "tarball") ?? "";
  return { packageName: name, name: tarballName(name, version), url, digests: digestsOf(dist) };
}

/**
 * Tags by semver's order: the highest stable version that is allowed and not above the original, else the highest
 * pre-release; undefined where there is none. `allowed` is in version order.
 */
export function repairTags(
  tags: Readonly<Record<string, string>>,
  allowed: readonly string[],
): Map<string, string | undefined> {
  const order = VERSION_ORDERS.npm;
  const isAllowed = new Set(allowed);
  const stable = allowed.filter((version) => !order.isPrerelease(version));
  const repaired = new Map<string, string | undefined>();
  for (const [tag, version] of Object.entries(tags)) {
    if (isAllowed.has(version)) repaired.set(tag, version);
    else if (!order.isValid(version)) repaired.set(tag, undefined);
    else repaired.set(tag, highestUpTo(version, stable) ?? highestUpTo(version, allowed));
  }
  return repaired;
}

function highestUpTo(version: string, ascending: readonly string[]): string | undefined {
  return ascending[countUpTo(version, ascending, VERSION_ORDERS.npm) - 1];
}
