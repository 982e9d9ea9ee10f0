/** What of a folder is committed. */
import { attempt, openGit } from "./open.ts";
import { placeOf } from "./work-tree.ts";

/**
 * The first tracked path at or below `dir/name`, in capitals or not, as the repository has it; undefined outside git.
 * Throws GIT_FAILED where git does not tell: what it does not know may be anybody's.
 */
export async function findTracked(dir: string, name: string): Promise<string | undefined> {
  const place = placeOf(dir);
  if (place === undefined) return undefined;
  const listed = await attempt("GIT_FAILED", `tell whether ${name} is committed`, () =>
    openGit(place.top).raw(["ls-files", "-z", "--", `:(icase,literal)${place.prefix}${name}`]),
  );
  return listed.split("\0", 1)[0] || undefined;
}
