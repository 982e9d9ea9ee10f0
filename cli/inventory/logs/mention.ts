import { isPackageName, isVersion, normalizeName, type PurlType, type ReleaseId } from "../../../core/purl.ts";
import { VERSION_ORDERS } from "../../../core/versions/index.ts";
import { normalizePep440 } from "../../../core/versions/pypi.ts";

/** What a line of a log names: a release, or what comes from elsewhere than a registry. */
export type Mention = { readonly id: ReleaseId } | { readonly name: string; readonly reason: string };

/** Reads what one tool prints; nothing for lines of others. */
export type ReadLogLine = (line: string) => readonly Mention[];

/** One release, where the ecosystem's own rules have name and version for such; nothing else, for a log is no proof. */
export function release(type: PurlType, name: string | undefined, version: string | undefined): Mention[] {
  if (name === undefined || version === undefined) return [];
  const normal = normalizeName(type, name);
  const exact = type === "pypi" ? normalizePep440(version) : version;
  return exact !== undefined && isVersion(exact) && isPackageName(type, normal) && VERSION_ORDERS[type].isValid(exact)
    ? [{ id: { type, name: normal, version: exact } }]
    : [];
}

export function fromElsewhere(name: string, source: string): Mention[] {
  return [{ name: withoutCredentials(name).slice(0, 200), reason: reasonOf(source) }];
}

function reasonOf(source: string): string {
  if (/git|^(?:hg|svn|bzr)\+|#[0-9a-f]{7,40}$|^[0-9a-f]{7,40}$/.test(source)) return "comes from git";
  return /^https?:/.test(source) ? "comes from an address" : "lies in a folder";
}

/** Logs show addresses with tokens in them. */
function withoutCredentials(text: string): string {
  return text.replace(/:\/\/[^/@\s]*@/, "://");
}
