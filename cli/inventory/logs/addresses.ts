/** Addresses of files of registries, whatever their hosts: each tool prints them, when it says what it fetches. */
import type { ReleaseId } from "../../../core/purl.ts";
import { decode, releaseAt } from "../npm-names.ts";
import { releaseOf } from "../toml-lock.ts";
import type { Mention } from "./mention.ts";
import { pythonFile } from "./python.ts";

const ADDRESS = /\bhttps?:\/\/[^\s"'<>()[\]]{1,2000}/g;

export function addressesIn(line: string): Mention[] {
  if (!line.includes("://")) return [];
  return [...line.matchAll(ADDRESS)].flatMap(([address]) => mentionOf(address.replace(/[,;:.]+$/, "")) ?? []);
}

function mentionOf(address: string): Mention | undefined {
  const tarball = releaseAt(address);
  if (tarball) return mention(tarball);
  const [path = ""] = decode(address.replace(/^https?:\/\/[^/]*/, "")).split(/[?#]/, 1);
  const crate =
    /\/crates\/([\w-]+)\/([^/]+)\/download$/.exec(path) ?? /\/crates\/[\w-]+\/([\w-]+?)-(\d[^/]*)\.crate$/.exec(path);
  if (crate) return mention(releaseOf("cargo", crate[1] ?? "", crate[2]));
  const module = /^\/(?:.*?\/)?((?:[\w-]+\.)+[a-z]+(?:\/[^/@]+)*)\/@v\/([^/]+)\.(?:zip|info|mod)$/.exec(path);
  if (module) return mention(releaseOf("golang", module[1] ?? "", module[2]));
  return mention(pythonFile(path.slice(path.lastIndexOf("/") + 1)));
}

function mention(id: ReleaseId | undefined): Mention | undefined {
  return id && { id };
}
