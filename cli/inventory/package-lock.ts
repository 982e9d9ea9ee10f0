/** npm's package-lock.json and npm-shrinkwrap.json: versions 1 (`dependencies`), 2 and 3 (`packages`). */
import type { CordonError } from "../../core/errors.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import { NpmEntries } from "./npm-entries.ts";
import { elsewhere } from "./npm-names.ts";
import { endOfJson, JsonLines, unreadable } from "./places.ts";
import type { InventoryReader } from "./reader.ts";

const MAX_DEPTH = 200;
const NAMES = /(^|[.-])(package-lock|npm-shrinkwrap)\.json$/;

export const readPackageLock: InventoryReader = {
  kind: "package-lock",
  files: "package-lock.json, npm-shrinkwrap.json",
  recognizes: ({ name, json }) =>
    json === undefined
      ? NAMES.test(name)
      : own(json, "lockfileVersion") !== undefined
        ? !hasTuples(json)
        : NAMES.test(name),
  read({ path, text, json }) {
    if (json === undefined) throw notJson(path, text);
    const found = new Collector(text);
    const packages = own(json, "packages");
    const dependencies = own(json, "dependencies");
    if (isObject(packages)) for (const [key, entry] of Object.entries(packages)) found.addPackage(key, entry);
    else if (isObject(dependencies)) found.addDependencies(dependencies, 0);
    else if (own(json, "lockfileVersion") === undefined)
      throw unreadable(path, 1, 1, "it is no package-lock.json: it has neither `packages` nor `dependencies`");
    return found.entries;
  },
};

/** bun.lock has lists where this has objects. */
function hasTuples(json: unknown): boolean {
  const packages = own(json, "packages");
  const entries = isObject(packages) ? Object.values(packages) : [];
  return entries.length > 0 && entries.every(Array.isArray);
}

class Collector {
  readonly entries = new NpmEntries();
  readonly #lines: JsonLines;

  constructor(text: string) {
    this.#lines = new JsonLines(text);
  }

  /** The key ends in `node_modules/NAME`; an alias has its real name in `name`. Links and folders are not releases. */
  addPackage(key: string, entry: unknown): void {
    const line = this.#lines.key(key, "{");
    const at = key.lastIndexOf("node_modules/");
    if (at < 0 || own(entry, "link") === true) return;
    const name = ownString(entry, "name") ?? key.slice(at + "node_modules/".length);
    this.#add(name, ownString(entry, "version"), entry, line, own(entry, "hasInstallScript") === true);
  }

  addDependencies(dependencies: unknown, depth: number): void {
    if (!isObject(dependencies) || depth > MAX_DEPTH) return;
    for (const [key, entry] of Object.entries(dependencies)) {
      const line = this.#lines.key(key, "{");
      const written = ownString(entry, "version");
      // Version 1 writes an alias as `npm:NAME@VERSION`, and a folder, an address or a git URL in the version's place.
      const [, name = key, version = written] = /^npm:(.+)@([^@]+)$/.exec(written ?? "") ?? [];
      const place = elsewhere(version ?? "");
      if (place !== undefined) this.entries.leave(name, version, line, place);
      else this.#add(name, version, entry, line);
      this.addDependencies(own(entry, "dependencies"), depth + 1);
    }
  }

  /** Version 1 does not tell of scripts, so of it false is not said either. */
  #add(name: string, version: string | undefined, entry: unknown, line: number, runsScripts?: boolean): void {
    const address = ownString(entry, "resolved");
    // A peer that nobody installs has neither.
    if (version === undefined && address === undefined) return;
    this.entries.add({
      ...{ name, version, address, line },
      lineOfAddress: () => this.#lines.behind(address ?? ""),
      ...(runsScripts !== undefined && { runsScripts }),
    });
  }
}

/** With the place from which on it is none. */
export function notJson(path: string, text: string): CordonError {
  const offset = endOfJson(text);
  const before = text.slice(0, offset).split("\n");
  const isCut = text.slice(offset).trim() === "";
  const why = text.trim() === "" ? "it is empty" : isCut ? "it ends in the middle" : "it is not JSON";
  const next = "Write the file anew with the tool that made it.";
  return unreadable(path, before.length, (before.at(-1)?.length ?? 0) + 1, why, next);
}
