/** A module's list of versions to facts; what else is known of a version stands in a document of its own. */
import type { Origin, Release } from "../../../schemas/types/facts.ts";
import { CordonError } from "../../errors.ts";
import { own, ownString } from "../../json.ts";
import { toPurl } from "../../purl.ts";
import { formatInstant, parseInstant } from "../../time.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { ListedRelease, Listing, Question, ReleaseInfo } from "../ecosystem.ts";
import { newestOfLines } from "../history.ts";
import { escapeName, zipName } from "./request.ts";

const ORDER = VERSION_ORDERS.golang;
const MAX_VERSIONS = 20_000;
const MAX_LINE = 256;
/** So many lines, with times behind the versions. */
const MAX_BYTES = MAX_VERSIONS * (MAX_LINE + 64);
/** A version, a time, and where they come from. */
const MAX_INFO_BYTES = 64 * 1024;
const TELLS: Listing["tells"] = new Set();

/** What a listing's document is: where its files lie. */
interface ModuleList {
  /** With a slash at the end. */
  readonly base: string;
}

/** Throws UPSTREAM_MALFORMED. A line that is no version is left out, and named in `unusable`. */
export function parseListing(name: string, bytes: Uint8Array, url?: URL): Listing {
  const { versions, unusable } = readLines(name, bytes);
  const sorted = [...versions].sort(ORDER.compare);
  const newest = newestOfLines(sorted, ORDER);
  const document: ModuleList = { base: new URL("./", url ?? "https://invalid.example/").href };
  const listing = {
    name,
    pkg: {
      ecosystem: "golang" as const,
      name,
      purl: toPurl({ type: "golang", name }),
      releaseCount: sorted.length,
    },
    unusable,
    document,
    tells: TELLS,
    bytes: bytes.length + versions.size * 500,
  };
  const releases = sorted.map((version) => [version, toRelease(name, version, newest.has(version), document)] as const);
  return { ...listing, releases: new Map(releases) };
}

function readLines(name: string, bytes: Uint8Array) {
  const versions = new Set<string>();
  const unusable: string[] = [];
  // Before it is taken apart: a line costs many times the byte that it may be.
  if (bytes.length > MAX_BYTES) throw unreadable(name, `is larger than ${MAX_BYTES} bytes`);
  for (const line of Buffer.from(bytes).toString("utf8").split("\n")) {
    // Some proxies write the time behind the version.
    const [version = ""] = line.trim().split(/\s/, 1);
    if (version === "") continue;
    if (isVersion(version)) versions.add(version);
    else unusable.push(version.slice(0, MAX_LINE));
  }
  if (versions.size > MAX_VERSIONS) throw unreadable(name, `has more than ${MAX_VERSIONS} versions`);
  // A page that says that the proxy is down would pass for a module without versions.
  if (versions.size === 0 && unusable.length > 0) throw unreadable(name, "has no line that is a version");
  return { versions, unusable };
}

function unreadable(name: string, why: string): CordonError {
  const purl = toPurl({ type: "golang", name });
  return new CordonError("UPSTREAM_MALFORMED", `the upstream's list of ${purl} cannot be judged: it ${why}`);
}

/** Without what SemVer's reader passes over, such as a space at the end. */
function isVersion(version: string): boolean {
  return /^v[0-9A-Za-z.+-]+$/.test(version) && version.length <= MAX_LINE && ORDER.isValid(version);
}

/** Lists leave out pseudo-versions, and may be behind. A purl may leave out the `v`. */
export function unlistedRelease({ name, document }: Listing, given: string): ListedRelease | undefined {
  const version = given.startsWith("v") ? given : `v${given}`;
  return isVersion(version) ? toRelease(name, version, false, document as ModuleList) : undefined;
}

function toRelease(name: string, version: string, newestOfLine: boolean, { base }: ModuleList): ListedRelease {
  const facts: Release = {
    version,
    purl: toPurl({ type: "golang", name, version }),
    prerelease: ORDER.isPrerelease(version),
    newestOfLine,
    yanked: false,
  };
  const url = `${base}${escapeName(zipName(version))}`;
  const file = { packageName: name, name: zipName(version), url, digests: {}, checkedBy: "client" as const };
  return { version, entry: version, facts, files: [file] };
}

/** `.info`, and `@latest`: which version it is, when it was made, and of what repository. */
export function readInfo(document: unknown, name: string): ReleaseInfo | undefined {
  const version = ownString(document, "Version");
  if (version === undefined || !isVersion(version)) return undefined;
  const time = own(document, "Time");
  const instant = typeof time === "string" ? parseInstant(time) : undefined;
  // Go's zero time is the year 1, and that of most others 1970: what has no time must not pass for old.
  const isKnown = instant !== undefined && instant.getTime() > 0;
  const origin = originOf(document, name);
  return { version, published: isKnown ? formatInstant(instant) : undefined, ...(origin && { origin }) };
}

const MAX_URL = 1000;

/** Of the kinds of repository that go knows, those with an address of the web (`go help goproxy`, `Origin`). */
function originOf(document: unknown, name: string): Origin | undefined {
  const text = ownString(own(document, "Origin"), "URL");
  if (text === undefined || text.length > MAX_URL || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!/^(https?|git|ssh|git\+ssh):$/.test(url.protocol)) return undefined;
  const place = `${url.hostname}${url.pathname.replace(/\/+$/, "").replace(/\.git$/, "")}`.toLowerCase();
  // Forges take no notice of case, and go's paths do.
  const isWithin = `${name.toLowerCase()}/`.startsWith(`${place}/`) || name.toLowerCase().startsWith(`${place}.git/`);
  for (const part of ["username", "password", "search", "hash"] as const) url[part] = "";
  return { url: url.href, matchesPath: isWithin };
}

/** What it is asked for: a version, a branch, or without either what is newest. */
export function infoQuestion(name: string, query: string | undefined): Question {
  const module = `/${escapeName(name)}`;
  const path = query === undefined ? `${module}/@latest` : `${module}/@v/${escapeName(query)}.info`;
  return { method: "GET", path, about: name, maxBytes: MAX_INFO_BYTES };
}
