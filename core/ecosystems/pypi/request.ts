/** The paths that installs from a Python index need (PEP 503, 658 and 740), and the older JSON of a project. */
import { isPackageName, isVersion, normalizeName } from "../../purl.ts";
import { oneLine } from "../../words.ts";
import type { RegistryRequest } from "../ecosystem.ts";
import { parseFilename } from "./filenames.ts";
import { METADATA } from "./listing.ts";

const SIGNATURE = ".asc";
/** Stands before the files of a denied release in their addresses; they are judged like any. */
export const DENIED = "blocked";
/** Of a file; whether there is one, the listing tells. */
const FILENAME = /^[a-zA-Z0-9][a-zA-Z0-9._+!-]{0,270}$/;

/**
 * Reads a path below the registry's base: `/simple/PROJECT/`, `/files/PROJECT/FILE`, `/files/PROJECT/blocked/FILE`,
 * `/provenance/PROJECT/FILE`, `/PROJECT/json` and `/PROJECT/VERSION/json`. A project has one address; others lead there
 * (PEP 503).
 */
export function parseRequest(method: string, path: string): RegistryRequest {
  if (method !== "GET" && method !== "HEAD") return NO_WRITES;
  const segments = decodeSegments(path);
  if (!segments) return NO_ENDPOINT;
  const [first = "", second, third, fourth, ...rest] = segments;
  if (rest.length > 0) return NO_ENDPOINT;
  if (first === "files" && second !== undefined && third === DENIED && fourth !== undefined)
    return parseFile(second, fourth);
  if (fourth !== undefined) return NO_ENDPOINT;
  if (first === "simple" && third === undefined)
    return second === undefined ? parseIndex(path) : parsePage(second, path);
  if (first === "files" && second !== undefined && third !== undefined) return parseFile(second, third);
  if (first === "provenance" && second !== undefined && third !== undefined)
    return withFile(second, third, (name, filename) => ({ kind: "attestations", name, filename }));
  if (third === "json" && second !== undefined && isVersion(second))
    return withProject(first, (name) => ({ kind: "release", name, version: second }));
  if (second === "json" && third === undefined)
    return withProject(first, (name) => ({ kind: "release", name, version: undefined }));
  return NO_ENDPOINT;
}

function parseIndex(path: string): RegistryRequest {
  return path === "/simple/" ? { kind: "names" } : { kind: "redirect", path: "/simple/" };
}

function parsePage(written: string, path: string): RegistryRequest {
  return withProject(written, (name) =>
    path === `/simple/${name}/` ? { kind: "listing", name } : { kind: "redirect", path: `/simple/${name}/` },
  );
}

/** A file, its core metadata, or the signature on it. */
function parseFile(project: string, written: string): RegistryRequest {
  return withFile(project, written, (name, filename) => {
    const suffix = [METADATA, SIGNATURE].find((end) => filename.endsWith(end)) ?? "";
    const version = parseFilename(name, filename.slice(0, filename.length - suffix.length))?.version;
    return { kind: "file", name, filename, version };
  });
}

function withFile(
  project: string,
  filename: string,
  request: (name: string, filename: string) => RegistryRequest,
): RegistryRequest {
  if (!FILENAME.test(filename)) return notFound("this registry has no such file");
  return withProject(project, (name) => request(name, filename));
}

function withProject(written: string, request: (name: string) => RegistryRequest): RegistryRequest {
  const name = normalizeName("pypi", written);
  if (!isPackageName("pypi", name))
    return notFound(`${JSON.stringify(oneLine(written, 80))} cannot be a project's name`);
  return request(name);
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith("/") || path.length > 2048) return undefined;
  try {
    const segments = path.slice(1).replace(/\/$/, "").split("/").map(decodeURIComponent);
    return segments.every((segment) => segment !== "" && !segment.includes("/")) ? segments : undefined;
  } catch {
    return undefined;
  }
}

function notFound(reason: string): RegistryRequest {
  return { kind: "unsupported", status: 404, reason };
}

const NO_ENDPOINT = notFound("this registry has no such endpoint; the index is at simple/");
const NO_WRITES: RegistryRequest = {
  kind: "unsupported",
  status: 405,
  reason: "nothing is uploaded through this registry; upload to the upstream index",
};
