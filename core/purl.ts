/**
 * Package URLs (ECMA-427) of the four ecosystems. Parsed here rather than by a library because they are identities
 * that verdicts hang on: npm's legacy names differ by case (`JSONStream`, `jsonstream`), which the generic rules fold
 * together, and a name that could be mistaken for a path or a prototype must not become a key.
 */
import { CordonError } from "./errors.ts";

export const PURL_TYPES = ["npm", "pypi", "cargo", "golang"] as const;
export type PurlType = (typeof PURL_TYPES)[number];

/** A name in an ecosystem. `name` is the full name as the ecosystem writes it: `@acme/ui`, `github.com/acme/ui`. */
export interface PackageId {
  readonly type: PurlType;
  readonly name: string;
}

/** One version of a package. */
export interface ReleaseId extends PackageId {
  readonly version: string;
}

const MAX_LENGTH = 1024;

/** npm's own limits: 214 characters, URL-safe, no leading dot or underscore in a scope (validate-npm-package-name; legacy names keep their case). */
const NAMES: Record<PurlType, RegExp> = {
  npm: /^(?:@[a-zA-Z0-9~_-][a-zA-Z0-9._~-]*\/[a-zA-Z0-9~_-]|[a-zA-Z0-9~-])[a-zA-Z0-9._~!'()*-]*$/,
  pypi: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  cargo: /^[a-zA-Z][a-zA-Z0-9_-]*$/,
  golang: /^[a-zA-Z0-9][a-zA-Z0-9._~-]*(?:\/[a-zA-Z0-9._~-]+)*$/,
};

/** No spaces, slashes, controls or characters that would be markup: a version is shown, logged and put into paths. */
const VERSION = /^[a-zA-Z0-9][a-zA-Z0-9.+!~_*-]{0,255}$/;

export function isPurlType(type: string): type is PurlType {
  return (PURL_TYPES as readonly string[]).includes(type);
}

/** The name as its registry compares it: PEP 503 for PyPI, Go's without escapes; the others keep what is written. */
export function normalizeName(type: PurlType, name: string): string {
  if (type === "golang") return unescapeGo(name);
  return type === "pypi" ? name.toLowerCase().replace(/[-_.]+/g, "-") : name;
}

/** The module proxy writes `!x` for `X` in paths and versions, and tools copy that; no Go name or version has a `!`. */
function unescapeGo(text: string): string {
  return text.replace(/!([a-z])/g, (_escape, letter: string) => letter.toUpperCase());
}

/** With the `v` that advisories and some tools leave out: a list that names a release without it must match all the same. */
function normalizeGoVersion(written: string): string {
  const version = unescapeGo(written);
  return /^\d+\.\d+\.\d+/.test(version) ? `v${version}` : version;
}

export function isPackageName(type: PurlType, name: string): boolean {
  if (name.length > 214 && type !== "golang") return false;
  return name.length <= 512 && NAMES[type].test(name) && !name.split("/").some((part) => part === "." || part === "..");
}

export function isVersion(version: string): boolean {
  return VERSION.test(version);
}

/** Reads a purl with a version. Throws NOT_A_PURL. */
export function parseReleasePurl(text: string): ReleaseId {
  const { type, name, version } = parsePurl(text);
  if (version === undefined)
    throw new CordonError("NOT_A_PURL", `${JSON.stringify(text)} names no release: it has no version`, {
      next: `Write the version after an @: ${toPurl({ type, name, version: type === "golang" ? "v1.3.0" : "1.3.0" })}.`,
    });
  return { type, name, version };
}

/** Reads a purl; qualifiers and subpath are dropped, for they do not change which release is meant. Throws NOT_A_PURL. */
export function parsePurl(text: string): PackageId & { readonly version?: string } {
  if (text.length > MAX_LENGTH) throw notAPurl(`${text.slice(0, 40)}…`, `it is longer than ${MAX_LENGTH} characters`);
  const match = /^pkg:\/{0,2}([a-zA-Z0-9.+-]+)\/+([^?#]+)/.exec(text.trim());
  if (!match?.[1] || !match[2]) throw notAPurl(text, "it does not read pkg:TYPE/NAME");
  const type = match[1].toLowerCase();
  if (!isPurlType(type))
    throw notAPurl(text, `its type is ${JSON.stringify(type)}, not one of ${PURL_TYPES.join(", ")}`);
  const path = match[2].replace(/\/+$/, "");
  // A leading @ belongs to an npm scope that somebody did not encode.
  const at = path.lastIndexOf("@");
  const hasVersion = at > 0 && !path.slice(at).includes("/");
  const name = normalizeName(type, decode(text, hasVersion ? path.slice(0, at) : path));
  if (!isPackageName(type, name)) throw notAPurl(text, `${JSON.stringify(name)} cannot be a name in ${type}`);
  if (!hasVersion) return { type, name };
  const written = decode(text, path.slice(at + 1));
  const version = type === "golang" ? normalizeGoVersion(written) : written;
  if (!isVersion(version)) throw notAPurl(text, `${JSON.stringify(version)} cannot be a version`);
  return { type, name, version };
}

/** Writes the canonical form. */
export function toPurl({ type, name, version }: PackageId & { readonly version?: string }): string {
  const path = name.split("/").map(encode).join("/");
  return `pkg:${type}/${path}${version === undefined ? "" : `@${encode(version)}`}`;
}

function encode(part: string): string {
  return encodeURIComponent(part)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%3A", ":");
}

function decode(purl: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw notAPurl(purl, "its percent-encoding is broken", { cause });
  }
}

function notAPurl(text: string, why: string, options?: ErrorOptions): CordonError {
  return new CordonError("NOT_A_PURL", `${JSON.stringify(text)} is not a package URL: ${why}`, options);
}
