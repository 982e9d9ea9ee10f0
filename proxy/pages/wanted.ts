/** Who is to get a page, and who what a program reads. */
import type { Context } from "koa";
import { parseAccept } from "../../core/accept.ts";

/** What every browser's `Accept` begins with when somebody opens an address, and no package manager's does. */
const BROWSER = "text/html,application/xhtml+xml";

/** Said of a path that exists for people too, in whatever form it is answered; elsewhere only a browser gets a page. */
export function servesPeople(ctx: Context): void {
  ctx.state["servesPeople"] = true;
  ctx.set({ vary: "accept", "x-content-type-options": "nosniff" });
}

export function wantsPage(ctx: Context): boolean {
  const accept = ctx.get("accept");
  if (ctx.state["servesPeople"] !== true) return isBrowser(accept);
  const { format } = ctx.query;
  return format === "html" || (format !== "json" && prefersPage(accept));
}

export function isBrowser(accept: string): boolean {
  return accept.toLowerCase().replace(/\s/g, "").startsWith(BROWSER);
}

/**
 * Whether HTML is named, and liked better than JSON. A program that takes anything, or that lists HTML beside it without
 * a preference, as coding agents do, is better served with JSON.
 */
export function prefersPage(accept: string): boolean {
  const ranges = parseAccept(accept);
  const qualityOf = (...types: readonly string[]) =>
    types
      .map((type) => ranges.find((range) => range.type === type)?.quality)
      .find((quality) => quality !== undefined) ?? 0;
  const page = qualityOf("text/html", "application/xhtml+xml");
  return page > 0 && page > qualityOf("application/json", "application/*", "*/*");
}
