/** Suggests commands for one that does not exist. */
import { suggest } from "../core/words.ts";

/** The commands and topics that are likely, as `policy lint`. `given` may have arguments after the command's own words. */
export function likelyCommands(given: readonly string[], known: Iterable<string>): string[] {
  const all = [...new Set(known)];
  const below = all.filter((name) => given.slice(0, 2).includes(name.split(" ")[1] ?? ""));
  for (const length of [2, 1]) {
    const candidates = (below.length > 0 ? below : all).filter((name) => name.split(" ").length === length);
    const closest = /`(.*)`/.exec(suggest(given.slice(0, length).join(" "), candidates))?.[1];
    if (closest !== undefined) return [closest];
  }
  return below;
}
