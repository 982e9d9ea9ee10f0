/** yarn.lock of yarn 1 (classic) and of later ones (berry), which is YAML with `__metadata`. */
import { readBlocks } from "./blocks.ts";
import { elsewhere, npmRelease, splitSpecifier } from "./npm-names.ts";
import { unreadable } from "./places.ts";
import type { Inventory, InventoryFile, InventoryReader, NamedRelease, Unjudged } from "./reader.ts";

const CLASSIC = /^# yarn lockfile v1\s*$/m;
const BERRY = /^__metadata:\s*$/m;
const HEAD_CHARACTERS = 4096;

export const readYarnLock: InventoryReader = {
  kind: "yarn-lock",
  files: "yarn.lock",
  recognizes: ({ name, text }) => isBerry(text) || isClassic(text) || /(^|[.-])yarn\.lock$/.test(name),
  read(file) {
    if (isBerry(file.text)) return readBerry(file);
    if (isClassic(file.text) || file.text.trim() !== "") return readClassic(file);
    throw unreadable(file.path, 1, 1, "it is empty", "Write it anew with yarn.");
  },
};

function isBerry(text: string): boolean {
  return BERRY.test(text.slice(0, HEAD_CHARACTERS));
}

function isClassic(text: string): boolean {
  return CLASSIC.test(text.slice(0, HEAD_CHARACTERS));
}

/** `"@acme/ui@^1.0.0", ui@npm:@acme/ui@^1.0.0:`, with `version "1.0.0"` below. */
function readClassic({ path, text }: InventoryFile): Inventory {
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  for (const { key, line, fields } of readBlocks(text)) {
    const [first = ""] = key.split(/"?, "?/, 1);
    const wanted = splitSpecifier(first.replace(/^"|"$/g, ""));
    const version = fields.get("version");
    if (!wanted || version === undefined)
      throw unreadable(path, line, 1, "it is no entry of a yarn.lock", "Write the file anew with yarn.");
    const alias = /^npm:(@?[^@]+)(?:@|$)/.exec(wanted.range)?.[1];
    const place = wanted.range.startsWith("npm:") ? undefined : elsewhere(wanted.range);
    const id = place === undefined ? npmRelease(alias ?? wanted.name, version) : undefined;
    if (id) releases.push({ id, line, ...(alias !== undefined && alias !== wanted.name && { alias: wanted.name }) });
    else unjudged.push({ name: wanted.name, line, reason: place ?? "is no release of a registry" });
  }
  return { releases, unjudged };
}

/** `resolution: "@acme/ui@npm:1.0.0"` tells what it is; a patch is made of a release that has an entry of its own. */
function readBerry({ path, text }: InventoryFile): Inventory {
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  for (const { key, line, fields } of readBlocks(text)) {
    if (key === "__metadata") continue;
    const wanted = splitSpecifier(fields.get("resolution") ?? "");
    if (!wanted) throw unreadable(path, line, 1, "the entry has no `resolution`", "Write the file anew with yarn.");
    const { name, range } = wanted;
    if (/^(workspace|patch|virtual|builtin):/.test(range)) continue;
    const id = /^npm:/.test(range) ? npmRelease(name, range.slice(4).split("::", 1)[0]) : undefined;
    if (id) releases.push({ id, line });
    else unjudged.push({ name, line, reason: elsewhere(range) ?? "is no release of a registry" });
  }
  return { releases, unjudged };
}
