/** bun.lock: JSON with commas at the end and comments, whose `packages` are lists that begin with `NAME@VERSION`. */
import { isObject, own } from "../../core/json.ts";
import { requireFewValues } from "./bounds.ts";
import { plainJson } from "./jsonc.ts";
import { NpmEntries } from "./npm-entries.ts";
import { elsewhere, splitSpecifier } from "./npm-names.ts";
import { notJson } from "./package-lock.ts";
import { JsonLines, unreadable } from "./places.ts";
import type { InventoryReader } from "./reader.ts";

const HEAD = /^\ufeff?\s*\{\s*"lockfileVersion"\s*:\s*\d+,\s*(?:"configVersion"\s*:\s*\d+,\s*)?"workspaces"\s*:\s*\{/;
const HEAD_CHARACTERS = 4096;

export const readBunLock: InventoryReader = {
  kind: "bun-lock",
  files: "bun.lock",
  recognizes: ({ name, text }) =>
    /(^|[.-])bun\.lock$/.test(name) ||
    (/^\ufeff?\s*[{/]/.test(text) && HEAD.test(plainJson(text.slice(0, HEAD_CHARACTERS)))),
  read({ path, text }) {
    requireFewValues(path, text);
    const plain = plainJson(text);
    const json = parse(plain);
    if (json === undefined) throw notJson(path, plain);
    const packages = own(json, "packages");
    if (own(json, "lockfileVersion") === undefined)
      throw unreadable(path, 1, 1, "it does not say its `lockfileVersion`");
    const found = new NpmEntries();
    const lines = new JsonLines(plain);
    lines.key("packages", "{");
    for (const [key, entry] of Object.entries(isObject(packages) ? packages : {})) {
      const line = lines.key(key, "[");
      const wanted = splitSpecifier(Array.isArray(entry) ? String(entry[0]) : "");
      if (!wanted || /^(root|workspace|link):/.test(wanted.range)) continue;
      const { name, range } = wanted;
      const place = elsewhere(range);
      if (place !== undefined) found.leave(name, range, line, place);
      else found.add({ name, version: range.replace(/^npm:/, ""), address: addressOf(entry), line });
    }
    return found;
  },
};

/** The second item, where the first is a release: of its file, or of its registry; empty for the usual one. */
function addressOf(entry: unknown): string | undefined {
  const address = Array.isArray(entry) && typeof entry[1] === "string" ? entry[1] : "";
  return address === "" || address.endsWith("/") ? undefined : address;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
