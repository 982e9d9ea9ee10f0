/** An index entry to facts: one line of JSON for each release (The Cargo Book, "Registry Index"). Every byte is a stranger's. */
import type { Release } from "../../../schemas/types/facts.ts";
import { isDigest } from "../../digest.ts";
import { CordonError } from "../../errors.ts";
import { countValues, isObject, type JsonObject, MAX_VALUES, own, ownString } from "../../json.ts";
import { toPurl } from "../../purl.ts";
import { formatInstant, parseInstant } from "../../time.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { ListedRelease, Listing, ReleaseDetails } from "../ecosystem.ts";
import { newestOfLines } from "../history.ts";
import { filenameOf } from "./request.ts";

const ORDER = VERSION_ORDERS.cargo;
const TIMES: Listing["tells"] = new Set(["time"]);
const NOTHING: Listing["tells"] = new Set();
const MAX_VERSIONS = 20_000;
const MAX_TEXT = 256;
const MAX_DL = 2048;
const MAX_DEPENDENCIES = 1000;
/** About what the facts on a release cost, however short its line is. */
const RELEASE_BYTES = 1500;

/** A release as its line has it. */
export interface IndexLine {
  /** As it came. */
  readonly text: string;
  readonly name: string;
  readonly version: string;
  readonly checksum: string;
  readonly isYanked: boolean;
  readonly published: string | undefined;
  readonly rustVersion: string | undefined;
}

/** Throws UPSTREAM_MALFORMED. A line that cannot be judged is left out, and its version named in `unusable`. */
export function parseListing(name: string, bytes: Uint8Array): Listing {
  const fail = (why: string, cause?: unknown) =>
    new CordonError(
      "UPSTREAM_MALFORMED",
      `the upstream's index entry of ${toPurl({ type: "cargo", name })} cannot be judged: ${why}`,
      { cause },
    );
  if (countValues(bytes) > MAX_VALUES) throw fail("it has more values than are read");
  const [config = "", ...rest] = decode(bytes, fail).split("\n");
  const download = downloadOf(config, fail);
  const lines = rest.filter((line) => line.trim() !== "");
  if (lines.length > MAX_VERSIONS) throw fail(`it has more than ${MAX_VERSIONS} versions`);
  const { byVersion, unusable } = readLines(name, lines);
  const own = [...byVersion.values()][0]?.name ?? name;
  const versions = [...byVersion.keys()].sort(ORDER.compare);
  const newest = newestOfLines(versions, ORDER);
  const releases = new Map<string, ListedRelease>();
  for (const version of versions) {
    const line = byVersion.get(version);
    if (line) releases.set(version, toRelease(line, newest.has(version), download));
  }
  const [first] = [...releases.values()]
    .flatMap(({ facts }) => facts.published ?? [])
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    name: own,
    pkg: {
      ecosystem: "cargo",
      name: own,
      purl: toPurl({ type: "cargo", name: own }),
      releaseCount: releases.size,
      ...(first && { firstPublished: first }),
    },
    releases,
    unusable,
    document: [...byVersion.keys()],
    tells: [...releases.values()].every(({ facts }) => facts.published !== undefined) ? TIMES : NOTHING,
    bytes: Math.max(bytes.length * 2, releases.size * RELEASE_BYTES),
  };
}

type Fail = (why: string, cause?: unknown) => CordonError;

function decode(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw fail("it is not UTF-8", cause);
  }
}

/** Where files lie, by the registry's config, which is the first line: `dl`, with or without markers. */
function downloadOf(config: string, fail: Fail): (line: IndexLine) => string {
  let dl: string | undefined;
  try {
    dl = ownString(JSON.parse(config), "dl");
  } catch (cause) {
    throw fail("the registry's config is not JSON", cause);
  }
  if (dl === undefined) throw fail("the registry's config has no `dl`");
  if (dl.length > MAX_DL) throw fail("the `dl` of the registry's config is too long");
  const template = /\{(crate|version|prefix|lowerprefix|sha256-checksum)\}/.test(dl)
    ? dl
    : `${dl}/{crate}/{version}/download`;
  return ({ name, version, checksum }) => {
    const prefix = prefixOf(name);
    const markers = { crate: name, version, prefix, lowerprefix: prefix.toLowerCase(), "sha256-checksum": checksum };
    return Object.entries(markers).reduce((url, [marker, value]) => url.replaceAll(`{${marker}}`, value), template);
  };
}

function prefixOf(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name[0]}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}

/** Of two lines for one version, neither counts: whoever reads on could take either. */
function readLines(name: string, lines: readonly string[]) {
  const byVersion = new Map<string, IndexLine>();
  const seen = new Set<string>();
  const unusable = new Set<string>();
  for (const text of lines) {
    const line = readLine(name, text);
    const version = typeof line === "string" ? line : line.version;
    if (typeof line === "string" || seen.has(version)) unusable.add(version);
    else byVersion.set(version, line);
    seen.add(version);
  }
  for (const version of unusable) byVersion.delete(version);
  return { byVersion, unusable: [...unusable] };
}

/** The version alone, as far as it can be told, of a line that cannot be judged. */
function readLine(name: string, text: string): IndexLine | string {
  let json: JsonObject;
  try {
    const value: unknown = JSON.parse(text);
    json = isObject(value) ? value : {};
  } catch {
    return "";
  }
  const version = ownString(json, "vers") ?? "";
  const checksum = ownString(json, "cksum")?.toLowerCase() ?? "";
  const written = ownString(json, "name") ?? "";
  const isUsable =
    written.toLowerCase() === name.toLowerCase() && ORDER.isValid(version) && isDigest("sha256", checksum);
  if (!isUsable) return version.slice(0, MAX_TEXT);
  const published = parseInstant(ownString(json, "pubtime") ?? "");
  return {
    text,
    name: written,
    version,
    checksum,
    isYanked: own(json, "yanked") === true,
    published: published && formatInstant(published),
    rustVersion: short(ownString(json, "rust_version")),
  };
}

function short(text: string | undefined): string | undefined {
  return text !== undefined && text !== "" && text.length <= MAX_TEXT ? text : undefined;
}

/** For people: what it needs, as cargo reads it; not what only its tests need. */
export function describe({ entry }: ListedRelease): ReleaseDetails {
  const deps = own(JSON.parse((entry as IndexLine).text), "deps");
  const needed = (Array.isArray(deps) ? deps : []).slice(0, MAX_DEPENDENCIES).flatMap((dep) => {
    const name = ownString(dep, "package") ?? ownString(dep, "name");
    return name === undefined || own(dep, "kind") === "dev" ? [] : [[name, ownString(dep, "req") ?? ""] as const];
  });
  return { dependencies: new Map(needed) };
}

function toRelease(line: IndexLine, newestOfLine: boolean, download: (line: IndexLine) => string): ListedRelease {
  const { name, version, checksum, isYanked, published, rustVersion } = line;
  const facts: Release = {
    version,
    purl: toPurl({ type: "cargo", name, version }),
    prerelease: ORDER.isPrerelease(version),
    newestOfLine,
    ...(published && { published }),
    yanked: isYanked,
    digests: { sha256: checksum },
    ...(rustVersion && { rustVersion }),
  };
  const file = {
    packageName: name,
    name: filenameOf(name, version),
    // Not kept: each marker that stands in it once more would be paid for with every release.
    get url() {
      return download(line);
    },
    digests: { sha256: checksum },
  };
  return { version, entry: line, facts, files: [file] };
}
