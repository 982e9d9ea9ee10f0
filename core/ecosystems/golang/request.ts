/** The module proxy protocol (Go Modules Reference, "GOPROXY protocol"), and the checksum database behind it. */
import { isPackageName } from "../../purl.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import { oneLine } from "../../words.ts";
import type { RegistryRequest } from "../ecosystem.ts";

/** A version as it is asked for: a tag, a pseudo-version, a branch or the beginning of a commit. */
const QUERY = /^[a-zA-Z0-9][a-zA-Z0-9._+~-]{0,255}$/;
/** What is one and the same for ever. */
const VERSION = /^v\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]*)?$/;
const MAX_PATH = 2048;
const MAX_NAME = 512;
const MAX_VERSION = 256;

/** `/MODULE/@v/list`, `/MODULE/@latest`, `/MODULE/@v/VERSION.info`, `.mod`, `.zip`, and `/sumdb/…`. */
export function parseRequest(method: string, path: string): RegistryRequest {
  if (method !== "GET" && method !== "HEAD") return NO_WRITES;
  if (path.length > MAX_PATH) return CANNOT_JUDGE;
  if (path.startsWith("/sumdb/")) return parseSumdb(path);
  const [, escaped = "", what = ""] = /^\/(.+)\/(@latest|@v\/[^/]+)$/.exec(path) ?? [];
  const name = unescapeName(decode(escaped));
  if (name !== undefined && name.length > MAX_NAME) return CANNOT_JUDGE;
  if (name === undefined || !isPackageName("golang", name))
    return what === "" ? NO_ENDPOINT : notFound(`${JSON.stringify(oneLine(escaped, 80))} cannot be a module's path`);
  if (what === "@latest") return { kind: "release", name, version: undefined };
  const file = unescapeName(decode(what.slice("@v/".length)));
  if (file === "list") return { kind: "listing", name };
  const [, version = "", ending] = /^(.+)\.(info|mod|zip)$/.exec(file ?? "") ?? [];
  if (version.length > MAX_VERSION) return CANNOT_JUDGE;
  if (!QUERY.test(version)) return NO_ENDPOINT;
  if (ending === "info") return { kind: "release", name, version };
  if (!VERSION.test(version)) return NO_ENDPOINT;
  if (ending === "zip")
    return VERSION_ORDERS.golang.isValid(version)
      ? { kind: "file", name, filename: zipName(version), version }
      : CANNOT_JUDGE;
  // Needed of every version that stands in a graph, also of those that are not used: without it nobody could build.
  const question = { method: "GET" as const, path: `/${escapeName(name)}/@v/${escapeName(version)}.mod`, about: name };
  return { kind: "text", question, isImmutable: true };
}

export function zipName(version: string): string {
  return `${version}.zip`;
}

/** `/sumdb/NAME/…`, which the client verifies by itself; of a module in it, its registry is asked. */
function parseSumdb(path: string): RegistryRequest {
  const [, rest = ""] =
    /^\/sumdb\/[a-z0-9.-]+(?:\/[a-z0-9.-]+){0,4}?\/(supported|latest|lookup\/[^?#]+|tile\/[0-9a-z./]+)$/.exec(path) ??
    [];
  if (rest === "" || path.includes("..")) return NO_ENDPOINT;
  const [, escaped = ""] = /^lookup\/(.+)@[^@/]+$/.exec(rest) ?? [];
  const about = escaped === "" ? undefined : unescapeName(decode(escaped));
  if (rest.startsWith("lookup/") && (about === undefined || !isPackageName("golang", about))) return NO_ENDPOINT;
  const question = { method: "GET" as const, path, ...(about !== undefined && { about }) };
  return { kind: "text", question, isImmutable: rest.startsWith("tile/") };
}

/** Undefined for what is not escaped as the protocol has it: an upper-case letter must not be there. */
function unescapeName(text: string | undefined): string | undefined {
  if (text === undefined || /[A-Z]/.test(text) || /!(?![a-z])/.test(text)) return undefined;
  return text.replace(/!([a-z])/g, (_escape, letter: string) => letter.toUpperCase());
}

/** Module Reference, "GOPROXY protocol": `!x` for `X`. */
export function escapeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function notFound(reason: string): RegistryRequest {
  return { kind: "unsupported", status: 404, reason };
}

/** The upstream may well have it: after a 404 go would ask the next proxy for it, and get it there. */
const CANNOT_JUDGE: RegistryRequest = {
  kind: "unsupported",
  status: 400,
  reason: "a module's path or version of this length or form cannot be judged",
};
const NO_ENDPOINT = notFound("this module proxy has no such endpoint");
const NO_WRITES: RegistryRequest = { kind: "unsupported", status: 405, reason: "a module proxy takes nothing" };
