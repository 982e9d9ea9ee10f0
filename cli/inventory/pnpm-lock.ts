/** pnpm-lock.yaml, versions 5 to 9: what its `packages` name. */
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { readBlocks } from "./blocks.ts";
import { NpmEntries } from "./npm-entries.ts";
import { npmRelease } from "./npm-names.ts";
import { unreadable } from "./places.ts";
import { readReferences } from "./pnpm-references.ts";
import type { InventoryReader } from "./reader.ts";

const HEAD = /^lockfileVersion:\s*['"]?(\d+)/m;
/** Comments and another document may stand before it. */
const HEAD_CHARACTERS = 65_536;
const NEXT = "Write the file anew with pnpm.";
const NAMES = /pnpm-lock[^/]*\.ya?ml$/;

export const readPnpmLock: InventoryReader = {
  kind: "pnpm-lock",
  files: "pnpm-lock.yaml",
  recognizes: ({ name, text }) => HEAD.test(text.slice(0, HEAD_CHARACTERS)) || NAMES.test(name),
  read({ path, text }) {
    const major = Number(HEAD.exec(text)?.[1]);
    if (Number.isNaN(major))
      throw unreadable(path, 1, 1, "it does not say its `lockfileVersion`", "Write it anew with pnpm.");
    const found = new NpmEntries();
    const named = new Set<string>();
    for (const { key, line, lines, fields } of readBlocks({ path, text }, "packages")) {
      const resolution = fields.get("resolution");
      if (!resolution) throw unreadable(path, line, 1, "the entry has no `resolution`", NEXT);
      const id = releaseOf(key, major);
      if (id) named.add(toPurl(id));
      if (id && !IS_NO_TARBALL.test(resolution ?? ""))
        found.add({
          ...{ name: id.name, version: id.version, line, address: tarballOf(resolution) },
          lineOfAddress: () => lines.get("resolution") ?? line,
          // Version 9 does not say it of any.
          ...(major < 9 && { runsScripts: fields.get("requiresBuild") === "true" }),
        });
      else {
        const name = fields.get("name") ?? id?.name ?? key.slice(0, 200);
        found.leave(name, fields.get("version") ?? id?.version ?? withoutPeers(key), line, placeOf(key, resolution));
      }
    }
    if (named.size > 0) requireWhole(path, text, major);
    leaveMissing(text, major, named, found);
    return found;
  },
};

/** Version 9 ends with the snapshots, so a file without them was cut. */
function requireWhole(path: string, text: string, major: number): void {
  if (major >= 9 && !/^snapshots:/m.test(text.slice(text.lastIndexOf("\npackages:"))))
    throw unreadable(path, text.split("\n").length, 1, "it ends before its `snapshots`", NEXT);
}

/**
 * All that a lockfile names is referred to by its importers, or by what those refer to. So where a file is cut between two
 * entries, or an entry was taken out by hand, something that is left refers to one that is gone.
 */
function leaveMissing(text: string, major: number, named: ReadonlySet<string>, found: NpmEntries): void {
  for (const { name, target, line } of readReferences(text)) {
    const id = referredTo(name, target, major);
    if (id && /^\d/.test(id.version) && !named.has(toPurl(id)))
      found.leave(`${id.name}@${id.version}`, undefined, line, "is referred to, and has no entry");
  }
}

/** Undefined for what is no release: links, folders, addresses. */
function referredTo(name: string, target: string, major: number): ReleaseId | undefined {
  if (target.includes(":")) return undefined;
  const plain = withoutPeers(target);
  const isKey = major >= 9 ? plain.includes("@") : (major >= 6 ? plain : plain.split("_", 1)[0])?.includes("/");
  return releaseOf(isKey ? target : `${name}${major >= 6 ? "@" : "/"}${target}`, major);
}

/** `name@1.0.0(peer@2.0.0)`; with a slash before it in version 6, and as `/name/1.0.0_peer@2.0.0` below. */
function releaseOf(key: string, major: number) {
  if (/^(file|link|workspace|https?|git)[:@+]/.test(key)) return undefined;
  const plain = withoutPeers(key.replace(/^\//, ""));
  if (major >= 6) {
    const at = plain.lastIndexOf("@");
    // Of a registry that is not the usual one, its host may stand before.
    return at > 0
      ? npmRelease(plain.slice(0, at).replace(/^[^@/]+\.[^@/]+\/(?=@?[^/]+)/, ""), plain.slice(at + 1))
      : undefined;
  }
  const [, name, version] = /^(?:[^@/]+\.[^@/]+\/)?((?:@[^/]+\/)?[^/@]+)\/([^/_]+)(?:_.*)?$/.exec(plain) ?? [];
  return npmRelease(name, version);
}

function withoutPeers(key: string): string {
  return key.split("(", 1)[0] ?? "";
}

const IS_NO_TARBALL = /(^|[{,\s])(type:|directory:|repo:)/;

/** Where one stands beside it (`lockfile-include-tarball-url`, odd registries). */
function tarballOf(resolution = ""): string | undefined {
  return /(?:^|[{,\s])tarball:\s*['"]?([^\s,'"}]+)/.exec(resolution)?.[1];
}

function placeOf(key: string, resolution = ""): string {
  if (/type: git|git@|\.git|commit:/.test(resolution) || /(github|gitlab|bitbucket)\.|^git/.test(key))
    return "comes from git";
  if (/directory/.test(resolution) || /(^|@)(file|link|workspace):/.test(key)) return "lies in a folder";
  return "comes from an address";
}
