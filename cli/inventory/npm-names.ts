/** What lockfiles of npm's clients have in common. */
import { isPackageName, isVersion, type ReleaseId } from "../../core/purl.ts";

/** Undefined for what cannot be a release of the registry. */
export function npmRelease(name: string | undefined, version: string | undefined): ReleaseId | undefined {
  return name !== undefined && version !== undefined && isVersion(version) && isPackageName("npm", name)
    ? { type: "npm", name, version }
    : undefined;
}

/** `@acme/ui@npm:^1.0.0` to its name and what follows; undefined where nothing does. */
export function splitSpecifier(text: string): { readonly name: string; readonly range: string } | undefined {
  const at = text.indexOf("@", 1);
  return at < 0 ? undefined : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** Where a range leads that is no range of versions, as the end of a sentence; undefined for one of the registry. */
export function elsewhere(range: string): string | undefined {
  if (/^(git|github:|gitlab:|bitbucket:|gist:|ssh:)/i.test(range) || /\.git(#|$)/.test(range)) return "comes from git";
  if (/^https?:/i.test(range)) return "comes from an address";
  if (/^(file:|link:|portal:|workspace:|\.{0,2}\/|~\/)/.test(range)) return "lies in a folder";
  if (/^[\w.-]+\/[\w.-]+(#|$)/.test(range)) return "comes from git"; // owner/repository
  return undefined;
}
