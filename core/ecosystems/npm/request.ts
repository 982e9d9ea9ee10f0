/** The paths of the npm registry API that an install needs. */
import { isPackageName, isVersion } from "../../purl.ts";
import type { RegistryRequest } from "../ecosystem.ts";

/**
 * Reads a path below the registry's base. A scope's slash may come raw, as `%2f` or as `%2F`; everything is decoded
 * once, and what then is no package name is not looked up anywhere.
 */
export function parseRequest(method: string, path: string): RegistryRequest {
  if (method !== "GET" && method !== "HEAD") {
    return {
      kind: "unsupported",
      status: 405,
      reason: "this registry serves installs only; publish, log in and audit at the upstream registry",
    };
  }
  if (path === "/-/ping") return { kind: "answer", body: {} };
  const segments = decodeSegments(path);
  if (!segments) return notFound("the path is not a registry path");
  const [first = "", second = "", ...others] = segments;
  const [name, rest] =
    first.startsWith("@") && !first.includes("/") ? [`${first}/${second}`, others] : [first, segments.slice(1)];
  if (!isPackageName("npm", name)) return notFound(`${JSON.stringify(name.slice(0, 80))} cannot be a package name`);
  if (rest.length === 0) return { kind: "listing", name };
  const [dash, ...tail] = rest;
  if (dash === "-" && tail.length > 0) return parseFile(name, tail);
  if (rest.length === 1 && dash !== undefined && isVersion(dash)) return { kind: "release", name, version: dash };
  return notFound("this registry has no such endpoint");
}

/** `-/FILE`, or `-/blocked/POLICY/EVIDENCE/FILE`: the path of a refused file tells why, for clients that show no more than the path. */
function parseFile(name: string, tail: readonly string[]): RegistryRequest {
  const filename = tail.length === 4 && tail[0] === "blocked" ? tail[3] : tail.length === 1 ? tail[0] : undefined;
  if (!filename || !/^[a-zA-Z0-9._~+!'()*@-]{1,512}$/.test(filename) || filename === "." || filename === "..")
    return notFound("this registry has no such file");
  return { kind: "file", name, filename, version: versionOfFile(name, filename) };
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
    return segments.every((segment, index) => segment !== "" && (!segment.includes("/") || index === 0))
      ? segments
      : undefined;
  } catch {
    return undefined;
  }
}

function notFound(reason: string): RegistryRequest {
  return { kind: "unsupported", status: 404, reason };
}
