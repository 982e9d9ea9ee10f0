/** pnpm-lock.yaml, versions 5 to 9: what its `packages` name. */
import { readBlocks } from "./blocks.ts";
import { NpmEntries } from "./npm-entries.ts";
import { npmRelease } from "./npm-names.ts";
import { unreadable } from "./places.ts";
import type { InventoryReader } from "./reader.ts";

const HEAD = /^lockfileVersion:\s*['"]?(\d+)/m;
/** Comments and another document may stand before it. */
const HEAD_CHARACTERS = 65_536;
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
    for (const { key, line, lines, fields } of readBlocks(text, "packages")) {
      const resolution = fields.get("resolution");
      const id = releaseOf(key, major);
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
    return found;
  },
};

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
