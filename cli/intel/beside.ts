/** Feeds that are read from this machine's own disk. */
import { existsSync, realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import type { Feed } from "../../schemas/types/cordon.ts";
import { snapshotDir } from "./snapshot.ts";

/** Whether a feed reads files that do not lie in `top`, also where its links are followed. `repository` is the policies'. */
export function readsBeside(top: string, feed: Feed, repository: string): boolean {
  const path = localPath(feed, repository);
  return path !== undefined && !`${realPath(path)}${sep}`.startsWith(`${realPath(top)}${sep}`);
}

function localPath({ kind, name, path, url = "" }: Feed, repository: string): string | undefined {
  if (kind === "directory") return resolve(repository, path ?? ".");
  if (kind !== "git") return undefined;
  // Which path such a URL stands for differs by system.
  if (/^file:/i.test(url)) return resolve(sep);
  // As git tells them apart: an address has a scheme, or a host before a colon. It is run in the feed's clone.
  const isAddress = /^[a-z][a-z0-9+.-]*:\/\/|^[^/\\]{2,}:/i.test(url);
  return isAddress ? undefined : resolve(join(snapshotDir(repository, name), "clone"), url);
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
