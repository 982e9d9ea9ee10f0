/** Addresses of files of registries, whatever their hosts: each tool prints them when it says what it fetches. */
import { normalizeName } from "../../../core/purl.ts";
import { decode, releaseAt } from "../npm-names.ts";
import { type Mention, release } from "./mention.ts";
import { pythonFile } from "./python-files.ts";

const ADDRESS = /\bhttps?:\/\/[^\s"'`<>()[\]]{1,2000}/g;
/** What makes of an address one that was asked for. A lockfile, a page of links and a stack trace name many that were not. */
const ASKED =
  /^npm http |\b(?:GET|get|fetch|fetching|fetched|request|requesting|download|downloading|downloaded|cached?|retrieving|not found)\b/i;
/** pip and uv look at candidates, and at what stands beside a file, before they fetch one. */
const LOOKED_AT = /^\s*(?:found link|skipping link|link requires|ignoring|looking|obtaining dependency information)\b/i;

export function addressesIn(line: string): Mention[] {
  if (!line.includes("://") || LOOKED_AT.test(line) || !ASKED.test(line.replace(ADDRESS, ""))) return [];
  return [...line.matchAll(ADDRESS)].flatMap(([address]) => ofAddress(address.replace(/[,;:.]+$/, "")));
}

function ofAddress(address: string): Mention[] {
  const tarball = releaseAt(address);
  if (tarball) return release("npm", tarball.name, tarball.version);
  const [path = ""] = decode(address.replace(/^https?:\/\/[^/]*/, "")).split(/[?#]/, 1);
  return ofCargo(path) ?? ofGo(path) ?? ofPypi(path);
}

function ofCargo(path: string): Mention[] | undefined {
  const crate =
    /\/crates\/([\w-]{1,64})\/([^/]{1,256})\/download$/.exec(path) ??
    /\/crates\/([\w-]{1,64})\/\1-(\d[^/]{0,255})\.crate$/.exec(path);
  return crate ? release("cargo", crate[1], crate[2]) : undefined;
}

/** Of a module only its zip is what a build is made of; of the rest, the graph is. */
function ofGo(path: string): Mention[] | undefined {
  const [, before, version] = /^(\/.{1,1024})\/@v\/([^/]{1,256})\.zip$/.exec(path) ?? [];
  if (before === undefined) return undefined;
  const segments = before.slice(1).split("/");
  const host = segments.findIndex((segment) => /^[\w-]+(?:\.[\w-]+)+$/.test(segment));
  return host < 0 ? [] : release("golang", segments.slice(host).join("/"), normalizeName("golang", version ?? ""));
}

/** A wheel is Python's anywhere; an archive of source is one only where an index keeps its files. */
function ofPypi(path: string): Mention[] {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const isKept =
    /\/packages\/(?:[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}|source\/[^/]\/[^/]{1,214}|py[\w.]{1,20}\/[^/]\/[^/]{1,214})\/[^/]+$/.test(
      path,
    );
  return file.endsWith(".whl") || isKept ? pythonFile(file) : [];
}
