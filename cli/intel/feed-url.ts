import { CordonError } from "../../core/errors.ts";
import type { Feed } from "../../schemas/types/cordon.ts";

/** The feed's URL, with `path` below it. Throws USAGE for what is not HTTP or HTTPS. */
export function feedUrl(feed: Feed, path = ""): URL {
  const base = feed.url ?? "";
  const text = path === "" ? base : `${base.replace(/\/+$/, "")}/${path}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CordonError("USAGE", `the feed ${feed.name} has no URL that can be fetched: ${JSON.stringify(base)}`);
  }
  return new URL(text);
}
