/**
 * `.cordon`, where the command line keeps what it has fetched, and believes it later: feeds, trusted roots, answers of
 * registries. A repository that brought such a folder, or led it elsewhere by a link, would decide what is believed, and
 * what is written to.
 */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../core/errors.ts";
import { isLink } from "../core/source/files.ts";
import { findTracked } from "./git/tracked.ts";

export const STATE_FOLDER = ".cordon";
/** Feeds have a folder each, with a clone or files in it; what is in the others only their owners know. */
const DEPTHS = { intel: 2, sigstore: 0, registries: 0 } as const;

/** Throws FILE_UNREADABLE for a link in the state of `dir`, POLICY_INVALID for state that is committed, GIT_FAILED where git does not tell. */
export async function requireOwnState(dir: string): Promise<void> {
  const top = join(dir, STATE_FOLDER);
  const link = isLink(top) ? top : findLink(top);
  if (link !== undefined)
    throw new CordonError("FILE_UNREADABLE", `${link} is a link, which could lead to anybody's files`, {
      next: "Remove it. What Cordon keeps there is fetched again.",
    });
  if (lstatSync(top, { throwIfNoEntry: false }) === undefined) return;
  const tracked = await findTracked(dir, STATE_FOLDER);
  if (tracked !== undefined)
    throw new CordonError(
      "POLICY_INVALID",
      `${tracked} is committed, where Cordon keeps what it fetched itself: whoever may commit would decide what feeds say`,
      { next: `Run \`git rm -r --cached ${STATE_FOLDER}\`, add \`${STATE_FOLDER}/\` to .gitignore, and commit both.` },
    );
}

function findLink(top: string): string | undefined {
  for (const [name, depth] of Object.entries(DEPTHS)) {
    const folder = join(top, name);
    const link = isLink(folder) ? folder : findLinkBelow(folder, depth);
    if (link !== undefined) return link;
  }
  return undefined;
}

function findLinkBelow(folder: string, depth: number): string | undefined {
  if (depth === 0 || !lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const link = isLink(path) ? path : findLinkBelow(path, depth - 1);
    if (link !== undefined) return link;
  }
  return undefined;
}
