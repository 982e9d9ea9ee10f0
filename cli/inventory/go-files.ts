/** go.mod, go.sum, and what `go list -m -json` prints. */
import { own, ownString } from "../../core/json.ts";
import { requireFewValues } from "./bounds.ts";
import { unreadable } from "./places.ts";
import type { Inventory, InventoryFile, InventoryReader, NamedRelease, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

interface Requirement {
  readonly path: string;
  readonly version: string;
  readonly line: number;
}

/** What it requires, `// indirect` included, with what stands in its place by `replace`. */
export const readGoMod: InventoryReader = {
  kind: "go-mod",
  files: "go.mod",
  recognizes: ({ name, text }) =>
    /^module\s+\S+\s*(\/\/.*)?$/m.test(text.slice(0, 16_384))
      ? /^(go|require|toolchain)\s/m.test(text) || isNamed(name)
      : isNamed(name) && !isSum(text),
  read({ path, text }) {
    const { required, replaced } = readDirectives(path, text);
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    for (const one of required) {
      const instead = replaced.get(`${one.path} ${one.version}`) ?? replaced.get(one.path);
      if (instead && instead.version === undefined) {
        unjudged.push({ name: one.path, line: one.line, reason: "lies in a folder", version: one.version });
        continue;
      }
      const { path: name, version } = instead ?? one;
      const id = releaseOf("golang", name, version);
      if (id) releases.push({ id, line: one.line });
      else unjudged.push({ name, line: one.line, reason: "is not pinned to a version" });
    }
    return { releases, unjudged };
  },
};

function isNamed(name: string): boolean {
  return /(^|\.)go\.mod$/.test(name);
}

interface Replacement {
  readonly path: string;
  /** Undefined for a folder. */
  readonly version: string | undefined;
}

/** The grammar of go.mod (go.dev/ref/mod, section "Grammar"), as far as versions are concerned. */
function readDirectives(path: string, text: string) {
  const required: Requirement[] = [];
  const replaced = new Map<string, Replacement>();
  let block: string | undefined;
  let hasModule = false;
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const words = row
      .replace(/\/\/.*$/, "")
      .trim()
      .split(/\s+/)
      .filter(Boolean)
      .map(unquote);
    if (words.length === 0) continue;
    if (block !== undefined && words[0] === ")") {
      block = undefined;
      continue;
    }
    const [verb = "", ...given] = block === undefined ? words : [block, ...words];
    if (block === undefined && given[0] === "(") {
      block = verb;
      continue;
    }
    if (verb === "module") hasModule = true;
    if (verb === "require") {
      const [name, version] = given;
      if (name === undefined || version === undefined)
        throw unreadable(path, line, 1, "it requires no version", "Run `go mod tidy`.");
      required.push({ path: name, version, line });
    }
    if (verb === "replace") addReplacement(given, replaced);
  }
  if (!hasModule) throw unreadable(path, 1, 1, "it is no go.mod: it has no `module`");
  if (block !== undefined)
    throw unreadable(path, text.split("\n").length, 1, `it ends in the middle of \`${block}\``, "Write it anew.");
  return { required, replaced };
}

/** `OLD [VERSION] => NEW [VERSION]`; a folder has none. */
function addReplacement(words: readonly string[], replaced: Map<string, Replacement>): void {
  const arrow = words.indexOf("=>");
  const [name, version] = words.slice(0, arrow);
  const [target = "", at] = words.slice(arrow + 1);
  if (arrow > 0)
    replaced.set(version === undefined ? (name ?? "") : `${name} ${version}`, { path: target, version: at });
}

function unquote(word: string): string {
  return /^["`].*["`]$/.test(word) ? word.slice(1, -1) : word;
}

const SUM = /^(\S+) (v\S+?)(\/go\.mod)? (h1:\S+)$/;

/** Those whose files a build may download; of those with `/go.mod` alone only the list of what they need is read. */
export const readGoSum: InventoryReader = {
  kind: "go-sum",
  files: "go.sum",
  recognizes: ({ name, text }) => isSum(text) || (/(^|\.)go\.sum$/.test(name) && text.trim() === ""),
  read({ path, text }) {
    const releases: NamedRelease[] = [];
    for (const [index, row] of text.split(/\r?\n/).entries()) {
      if (row.trim() === "") continue;
      const [, name = "", version, isMod] = SUM.exec(row.trim()) ?? [];
      if (version === undefined)
        throw unreadable(path, index + 1, 1, "it is no line of a go.sum", "Run `go mod tidy`.");
      const id = isMod === undefined ? releaseOf("golang", name, version) : undefined;
      if (id) releases.push({ id, line: index + 1 });
    }
    return { releases, unjudged: [] };
  },
};

function isSum(text: string): boolean {
  const [first = ""] = text.trimStart().split(/\r?\n/, 1);
  return SUM.test(first.trim());
}

/** Documents of JSON one behind the other. */
export const readGoList: InventoryReader = {
  kind: "go-list",
  files: "output of go list -m -json",
  recognizes: ({ text }) =>
    /^\s*\{\s*"Path"\s*:/.test(text) && /"(Main|Version|GoVersion|Dir|GoMod)"\s*:/.test(text.slice(0, 4096)),
  read: (file) => readDocuments(file),
};

function readDocuments({ path, text }: InventoryFile): Inventory {
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  requireFewValues(path, text);
  let line = 1;
  for (const part of text.split(/(?<=^\})\r?\n(?=\{)/m)) {
    const document = parseDocument(path, part, line);
    const replaced = own(document, "Replace");
    const module = replaced ?? document;
    const [name, version] = [ownString(module, "Path"), ownString(module, "Version")];
    const asked = ownString(document, "Version");
    const id = name === undefined ? undefined : releaseOf("golang", name, version);
    if (own(document, "Main") !== true && name !== undefined) {
      if (id) releases.push({ id, line: line + 1 });
      else
        unjudged.push({
          name,
          line: line + 1,
          reason: replaced ? "lies in a folder" : "is not pinned to a version",
          ...(asked !== undefined && { version: asked }),
        });
    }
    line += part.split("\n").length;
  }
  return { releases, unjudged };
}

function parseDocument(path: string, text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(path, line, 1, "it is no document of `go list -m -json`, or ends in the middle", "Write it anew.");
  }
}
