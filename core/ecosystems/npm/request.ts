/** The paths of the npm registry API that installs, and looking around before them, need. */
import { isPackageName, isVersion } from "../../purl.ts";
import { oneLine } from "../../words.ts";
import type { RegistryRequest } from "../ecosystem.ts";
import { attestationsPath, KEYS_PATH } from "./signatures.ts";

/**
 * Reads a path below the registry's base. A scope's slash may come raw, as `%2f` or as `%2F`; everything is decoded
 * once, and what then is no package name is not looked up anywhere.
 */
export function parseRequest(method: string, path: string, query = ""): RegistryRequest {
  const audit = method === "POST" ? AUDITS.get(path) : undefined;
  if (audit) return { kind: "relay", question: { method: "POST", path, tells: audit } };
  if (method !== "GET" && method !== "HEAD") return parseWrite(method, path) ?? NO_SUCH_WRITE;
  if (path === "/-/ping") return { kind: "answer", body: {} };
  if (path === KEYS_PATH) return { kind: "relay", question: { method: "GET", path } };
  if (path === "/-/v1/search")
    return { kind: "relay", question: { method: "GET", path: `${path}${searchQuery(query)}`, tells: "text" } };
  const segments = decodeSegments(path);
  if (!segments) return notFound("the path is not a registry path");
  if (LOGIN.test(path)) return notFound("this registry knows no users; log in and publish at the upstream registry");
  if (segments[0] === "-") return parseSpecial(segments.slice(1));
  const [name, rest] = takeName(segments);
  if (!isPackageName("npm", name)) return notFound(`${JSON.stringify(oneLine(name, 80))} cannot be a package name`);
  if (rest.length === 0) return new URLSearchParams(query).has("write") ? NOT_TO_WRITE : { kind: "listing", name };
  const [dash, ...tail] = rest;
  if (dash === "-" && tail.length > 0) return parseFile(name, tail);
  if (rest.length === 1 && dash !== undefined && isVersion(dash)) return { kind: "release", name, version: dash };
  return NO_ENDPOINT;
}

/** npm, yarn 4 and bun ask for the advisories of a whole tree at once; pnpm 10 and older npms the two others. */
const AUDITS: ReadonlyMap<string, "keys" | "text"> = new Map([
  ["/-/npm/v1/security/advisories/bulk", "keys"],
  ["/-/npm/v1/security/audits", "text"],
  ["/-/npm/v1/security/audits/quick", "text"],
]);

const LOGIN = /^\/-\/(whoami|npm\/v1\/(user|tokens)|user\/)/;

const SEARCH_KEYS = ["text", "size", "from", "quality", "popularity", "maintenance"] as const;

/** Only what the search knows, written anew. */
function searchQuery(query: string): string {
  const given = new URLSearchParams(query.slice(0, 1000));
  const known = SEARCH_KEYS.flatMap((key) => {
    const value = given.get(key);
    return value === null ? [] : [[key, value]];
  });
  return known.length === 0 ? "" : `?${new URLSearchParams(known)}`;
}

/**
 * A release (`PUT /NAME`), or a tag (`PUT` or `DELETE /-/package/NAME/dist-tags/TAG`). Undefined for all else: what
 * takes releases away or changes owners is no part of publishing.
 */
function parseWrite(method: string, path: string): RegistryRequest | undefined {
  if (method !== "PUT" && method !== "DELETE") return undefined;
  const segments = decodeSegments(path);
  if (!segments) return undefined;
  const isTag = segments[0] === "-" && segments[1] === "package";
  if (segments[0] === "-" && !isTag) return undefined;
  const [name, rest] = takeName(isTag ? segments.slice(2) : segments);
  if (!isPackageName("npm", name)) return undefined;
  const encoded = name.replace("/", "%2f");
  if (!isTag)
    return method === "PUT" && rest.length === 0 ? { kind: "publish", name, method, path: `/${encoded}` } : undefined;
  const [list, tag, ...more] = rest;
  if (list !== "dist-tags" || tag === undefined || !isVersion(tag) || more.length > 0) return undefined;
  return { kind: "publish", name, method, path: `/-/package/${encoded}/dist-tags/${encodeURIComponent(tag)}` };
}

/** Below `-/`: the tags of a package, and the attestations on a release. */
function parseSpecial(segments: readonly string[]): RegistryRequest {
  const [first, second, third] = segments;
  if (first === "package") {
    const [name, rest] = takeName(segments.slice(1));
    if (isPackageName("npm", name) && rest.length === 1 && rest[0] === "dist-tags") return { kind: "tags", name };
  }
  if (first === "npm" && second === "v1" && third === "attestations") {
    const release = segments.slice(3).join("/");
    const at = release.lastIndexOf("@");
    const [name, version] = [release.slice(0, at), release.slice(at + 1)];
    if (at > 0 && isPackageName("npm", name) && isVersion(version))
      return { kind: "relay", question: { method: "GET", path: attestationsPath(name, version), about: name } };
  }
  return NO_ENDPOINT;
}

/** A name and what follows it; a scope's slash may be one between segments, or inside the first. */
function takeName(segments: readonly string[]): [name: string, rest: readonly string[]] {
  const [first = "", second = "", ...others] = segments;
  return first.startsWith("@") && !first.includes("/") ? [`${first}/${second}`, others] : [first, segments.slice(1)];
}

/**
 * `-/FILE`; `-/blocked/POLICY/EVIDENCE/FILE`, for the path of a refused file tells why to clients that show no more than
 * the path; or `-/stripped/SHASUM/FILE`, for a file without its install scripts is another file.
 */
function parseFile(name: string, tail: readonly string[]): RegistryRequest {
  const stripped = tail.length === 3 && tail[0] === "stripped" && /^[0-9a-f]{12}$/.test(tail[1] ?? "");
  const isPlain = stripped || tail.length === 1 || (tail.length === 4 && tail[0] === "blocked");
  const filename = isPlain ? tail.at(-1) : undefined;
  if (!filename || !/^[a-zA-Z0-9._~+!'()*@-]{1,512}$/.test(filename) || filename === "." || filename === "..")
    return notFound("this registry has no such file");
  return { kind: "file", name, filename, version: versionOfFile(name, filename), ...(stripped && { stripped }) };
}

/** The name is known from the path, so the rest of the file's name is the version, whatever dashes it has. */
function versionOfFile(name: string, filename: string): string | undefined {
  const prefix = `${unscoped(name)}-`;
  const version =
    filename.startsWith(prefix) && filename.endsWith(".tgz")
      ? filename.slice(prefix.length, -".tgz".length)
      : undefined;
  return version !== undefined && isVersion(version) ? version : undefined;
}

export function unscoped(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith("/") || path.length > 2048) return undefined;
  try {
    const segments = path.slice(1).replace(/\/$/, "").split("/").map(decodeURIComponent);
    // Only a scope's own slash may have been encoded.
    return segments.every((segment) => segment !== "" && (!segment.includes("/") || /^@[^/]+\/[^/]+$/.test(segment)))
      ? segments
      : undefined;
  } catch {
    return undefined;
  }
}

function notFound(reason: string): RegistryRequest {
  return { kind: "unsupported", status: 404, reason };
}

const NO_SUCH_WRITE: RegistryRequest = {
  kind: "unsupported",
  status: 405,
  reason: "this registry takes no such writes; log in, unpublish, deprecate and change owners at the upstream registry",
};

/** A client changes the document that it gets and writes it back whole: what is withheld from it would be lost. */
const NOT_TO_WRITE: RegistryRequest = {
  kind: "unsupported",
  status: 405,
  reason:
    "this registry withholds releases, so its documents are not for writing back; unpublish, deprecate and change owners at the upstream registry",
};

const NO_ENDPOINT = notFound("this registry has no such endpoint");
