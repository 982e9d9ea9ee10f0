/** yarn.lock of yarn 1 (classic) and of later ones (berry), which is YAML with `__metadata`. */
import { readBlocks } from "./blocks.ts";
import { NpmEntries } from "./npm-entries.ts";
import { decode, elsewhere, splitSpecifier } from "./npm-names.ts";
import { unreadable } from "./places.ts";
import type { Inventory, InventoryFile, InventoryReader } from "./reader.ts";

const CLASSIC = /^# yarn lockfile v1\s*$/m;
const BERRY = /^__metadata:\s*$/m;
const HEAD_CHARACTERS = 4096;
const NO_RELEASE = "is no release of a registry";

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
  const found = new NpmEntries();
  for (const { key, line, lines, fields } of readBlocks({ path, text })) {
    const [first = ""] = key.split(/"?, "?/, 1);
    const wanted = splitSpecifier(first.replace(/^"|"$/g, ""));
    const version = fields.get("version");
    if (!wanted || version === undefined || (version === "" && !fields.get("resolved")))
      throw unreadable(path, line, 1, "it is no entry of a yarn.lock", "Write the file anew with yarn.");
    const alias = /^npm:(@?[^@]+)(?:@|$)/.exec(wanted.range)?.[1];
    const place = wanted.range.startsWith("npm:") ? undefined : elsewhere(wanted.range);
    if (place !== undefined) found.leave(wanted.name, version, line, place);
    else
      found.add({
        ...{ name: alias ?? wanted.name, version, line, address: fields.get("resolved") },
        lineOfAddress: () => lines.get("resolved") ?? line,
        ...(alias !== undefined && alias !== wanted.name && { called: `${wanted.name} ${version}` }),
      });
  }
  return found;
}

/** `resolution: "@acme/ui@npm:1.0.0"` tells what it is. */
function readBerry({ path, text }: InventoryFile): Inventory {
  const found = new NpmEntries();
  for (const { key, line, fields } of readBlocks({ path, text })) {
    if (key === "__metadata") continue;
    const wanted = unpatched(fields.get("resolution") ?? "");
    if (!wanted) throw unreadable(path, line, 1, "the entry has no `resolution`", "Write the file anew with yarn.");
    if (/^(workspace|builtin):/.test(wanted.range)) continue;
    const registered = REGISTERED.exec(wanted.range);
    if (registered) found.add({ ...fetchedByBerry(wanted.name, registered), line });
    else found.leave(wanted.name, fields.get("version") ?? wanted.range, line, elsewhere(wanted.range) ?? NO_RELEASE);
  }
  return found;
}

/** `npm:1.0.0`, or `npm:NAME@1.0.0` of an alias; an address that is not the usual one stands behind. */
const REGISTERED = /^npm:([^:]+)(?:::(.*))?$/;

function fetchedByBerry(name: string, [, version = "", bindings = ""]: RegExpExecArray) {
  const address = /(?:^|&)__archiveUrl=([^&]*)/.exec(bindings)?.[1];
  const alias = splitSpecifier(version);
  return { name: alias?.name ?? name, version: alias?.range ?? version, address: address && decode(address) };
}

const MAX_PATCHES = 8;

/**
 * A patch changes a release that has been fetched: `NAME@patch:NAME@npm%3A1.0.0#PATCH`, encoded once more for each patch
 * around it. `virtual:HASH#npm:1.0.0` is the same release for other peers.
 */
function unpatched(resolution: string) {
  let found = splitSpecifier(resolution);
  for (let depth = 0; found?.range.startsWith("patch:") && depth < MAX_PATCHES; depth++) {
    const [inner = ""] = found.range.slice("patch:".length).split("#", 1);
    found = splitSpecifier(decode(inner)) ?? { name: found.name, range: "" };
  }
  return found && { name: found.name, range: found.range.replace(/^virtual:[^#]*#/, "") };
}
