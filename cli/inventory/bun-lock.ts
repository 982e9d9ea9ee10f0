/** bun.lock: JSON with commas at the end, whose `packages` are lists that begin with `NAME@VERSION`. */
import { isObject, own } from "../../core/json.ts";
import { elsewhere, npmRelease, splitSpecifier } from "./npm-names.ts";
import { notJson } from "./package-lock.ts";
import { KeyLines, unreadable } from "./places.ts";
import type { InventoryReader, NamedRelease, Unjudged } from "./reader.ts";

export const readBunLock: InventoryReader = {
  kind: "bun-lock",
  files: "bun.lock",
  recognizes: ({ name, text }) =>
    /(^|[.-])bun\.lock$/.test(name) ||
    /^\s*\{\s*"lockfileVersion": \d+,\s*(?:"configVersion": \d+,\s*)?"workspaces": \{/.test(text),
  read({ path, text }) {
    const plain = withoutTrailingCommas(text);
    const json = parse(plain);
    if (json === undefined) throw notJson(path, plain);
    const packages = own(json, "packages");
    if (own(json, "lockfileVersion") === undefined)
      throw unreadable(path, 1, 1, "it does not say its `lockfileVersion`");
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const lines = new KeyLines(text);
    lines.next("packages", "{");
    for (const [key, entry] of Object.entries(isObject(packages) ? packages : {})) {
      const line = lines.next(key, "[");
      const wanted = splitSpecifier(Array.isArray(entry) ? String(entry[0]) : "");
      if (!wanted || /^(workspace|link):/.test(wanted.range)) continue;
      const place = elsewhere(wanted.range);
      const id = place === undefined ? npmRelease(wanted.name, wanted.range.replace(/^npm:/, "")) : undefined;
      if (id) releases.push({ id, line });
      else unjudged.push({ name: wanted.name, line, reason: place ?? "is no release of a registry" });
    }
    return { releases, unjudged };
  },
};

/** Those before a bracket, outside of strings; each becomes a space, so that every place stays where it is. */
function withoutTrailingCommas(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|,(?=\s*[\]}])/g, (found) => (found === "," ? " " : found));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
