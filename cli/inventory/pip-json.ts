/** Pipfile.lock, and what `pip inspect` prints. */
import { isObject, own, ownString } from "../../core/json.ts";
import { notJson } from "./package-lock.ts";
import { JsonLines } from "./places.ts";
import type { InventoryReader, NamedRelease, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

export const readPipfileLock: InventoryReader = {
  kind: "pipfile-lock",
  files: "Pipfile.lock",
  recognizes: ({ name, json }) =>
    json === undefined ? /(^|[.-])pipfile\.lock$/i.test(name) : own(own(json, "_meta"), "hash") !== undefined,
  read({ path, text, json }) {
    if (json === undefined) throw notJson(path, text);
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const lines = new JsonLines(text);
    for (const [group, entries] of Object.entries(isObject(json) ? json : {})) {
      if (group === "_meta" || !isObject(entries)) continue;
      for (const [name, entry] of Object.entries(entries)) {
        const line = lines.key(name, "{");
        const place = placeOf(entry);
        const version = /^===?(.+)$/.exec(ownString(entry, "version") ?? "")?.[1];
        const id = place === undefined ? releaseOf("pypi", name, version) : undefined;
        if (id) releases.push({ id, line });
        else if (place === undefined) unjudged.push({ name, line, reason: "is not pinned to a version" });
        else unjudged.push({ name, line, reason: place, ...locatorOf(entry) });
      }
    }
    return { releases, unjudged };
  },
};

const SYSTEMS = ["git", "hg", "svn", "bzr"];

function placeOf(entry: unknown): string | undefined {
  if (SYSTEMS.some((key) => own(entry, key) !== undefined)) return "comes from git";
  if (own(entry, "path") !== undefined) return "lies in a folder";
  return own(entry, "file") !== undefined ? "comes from an address" : undefined;
}

/** The project itself, or what it edits in place, is no entry. */
function locatorOf(entry: unknown): Pick<Unjudged, "version"> {
  if (own(entry, "editable") === true && own(entry, "path") !== undefined) return {};
  const told = ["version", "ref", ...SYSTEMS, "path", "file"].map((key) => ownString(entry, key));
  const version = told.find((one) => one !== undefined);
  return version === undefined ? {} : { version };
}

/** What `direct_url.json` tells (PEP 610). */
function placeOfDirect(direct: unknown): string {
  if (own(direct, "vcs_info") !== undefined) return "comes from git";
  const isFolder = own(direct, "dir_info") !== undefined || ownString(direct, "url")?.startsWith("file:") === true;
  return isFolder ? "lies in a folder" : "comes from an address";
}

/** The installation report's cousin (pip documentation, `pip inspect`). */
export const readPipInspect: InventoryReader = {
  kind: "pip-inspect",
  files: "output of pip inspect",
  recognizes: ({ json }) => own(json, "pip_version") !== undefined && Array.isArray(own(json, "installed")),
  read({ text, json }) {
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const lines = new JsonLines(text);
    const installed = own(json, "installed");
    for (const entry of Array.isArray(installed) ? installed : []) {
      const metadata = own(entry, "metadata");
      const [name, version] = [ownString(metadata, "name"), ownString(metadata, "version")];
      if (name === undefined) continue;
      const line = lines.field("name", name);
      const direct = own(entry, "direct_url");
      const id = direct === undefined ? releaseOf("pypi", name, version) : undefined;
      if (id) releases.push({ id, line });
      else
        unjudged.push({
          name,
          line,
          reason: placeOfDirect(direct),
          ...(version !== undefined && own(own(direct, "dir_info"), "editable") !== true && { version }),
        });
    }
    return { releases, unjudged };
  },
};
