/** The paths of a sparse registry (The Cargo Book, "Registry Index" and "Running a Registry"). */
import { isPackageName, isVersion } from "../../purl.ts";
import { oneLine } from "../../words.ts";
import type { RegistryRequest } from "../ecosystem.ts";
import { parseApi } from "./api.ts";

/** `/config.json`, `/se/rd/serde` and its like, and `/crates/NAME/VERSION/download`. */
export function parseRequest(method: string, path: string, query = ""): RegistryRequest {
  if (method !== "GET" && method !== "HEAD") return NO_WRITES;
  if (path === CONFIG_PATH) return { kind: "config" };
  if (path.startsWith("/api/")) return parseApi(path, query) ?? NO_ENDPOINT;
  const segments = path.length <= 2048 && path.startsWith("/") ? path.slice(1).split("/").map(decode) : [];
  const [first, name = "", version = "", last] = segments;
  if (first === "crates" && last === "download" && segments.length === 4) return parseFile(name, version);
  const crate = segments.at(-1) ?? "";
  if (!isPackageName("cargo", crate))
    return notFound(`${JSON.stringify(oneLine(crate, 80))} cannot be the name of a crate`);
  return path === `/${indexPath(crate)}` ? { kind: "listing", name: crate } : NO_ENDPOINT;
}

export const CONFIG_PATH = "/config.json";

/** Where the index has a crate, by the length of its name; cargo asks in lower case. */
export function indexPath(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length <= 2) return `${lower.length}/${lower}`;
  return lower.length === 3 ? `3/${lower[0]}/${lower}` : `${lower.slice(0, 2)}/${lower.slice(2, 4)}/${lower}`;
}

export function filenameOf(name: string, version: string): string {
  return `${name}-${version}.crate`;
}

function parseFile(name: string, version: string): RegistryRequest {
  if (!isPackageName("cargo", name) || !isVersion(version)) return notFound("this registry has no such file");
  // In lower case as an index is asked: two documents on one crate could disagree.
  return { kind: "file", name: name.toLowerCase(), filename: filenameOf(name, version), version };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}

function notFound(reason: string): RegistryRequest {
  return { kind: "unsupported", status: 404, reason };
}

const NO_ENDPOINT = notFound("this registry has no such endpoint");
const NO_WRITES: RegistryRequest = {
  kind: "unsupported",
  status: 405,
  reason: "nothing is published through this registry; publish at the upstream registry",
};
