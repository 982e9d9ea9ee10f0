/** The index entry that cargo gets: every line as it came, but that a denied release is marked as yanked. */
import { permits } from "../../verdict.ts";
import type { JudgedListing } from "../ecosystem.ts";
import { allowedVersions, releaseOf } from "../judged.ts";
import { VERSION_ORDERS } from "../versions.ts";
import type { IndexLine } from "./listing.ts";

/**
 * Cargo chooses no yanked release anew, and takes one that a lockfile names: then its file is refused, with the reason. Lines
 * stand in the order of the upstream's.
 */
export function renderListing({ listing, decisions }: JudgedListing): { contentType: string; body: string } {
  const lines = (listing.document as readonly string[]).flatMap((version) => {
    const decision = decisions.get(version);
    const line = listing.releases.get(version)?.entry as IndexLine | undefined;
    if (!decision || !line) return [];
    return [permits(decision) ? line.text : markYanked(line.text)];
  });
  return { contentType: "text/plain; charset=utf-8", body: lines.map((line) => `${line}\n`).join("") };
}

/** Changes that field, and no other byte: what this program does not know of must survive. */
export function markYanked(line: string): string {
  const value = topLevelValue(line, "yanked");
  if (value) return `${line.slice(0, value.start)}true${line.slice(value.end)}`;
  const end = line.lastIndexOf("}");
  return `${line.slice(0, end)},"yanked":true${line.slice(end)}`;
}

/** Where the value of a key of the outermost object stands, the last one where the key stands twice; the text is known to be JSON. */
function topLevelValue(json: string, key: string): { readonly start: number; readonly end: number } | undefined {
  let found: { start: number; end: number } | undefined;
  let depth = 0;
  let isKey = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth === 1 && (character === "{" || character === ",")) isKey = true;
    if (character !== '"') continue;
    const end = endOfText(json, at);
    if (isKey && depth === 1) {
      isKey = false;
      const colon = json.indexOf(":", end);
      if (JSON.parse(json.slice(at, end)) === key) found = valueAfter(json, colon);
      at = colon;
    } else at = end - 1;
  }
  return found;
}

/** Behind its closing quote. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Of a value that is neither a list nor an object, up to what ends it. */
function valueAfter(json: string, colon: number): { start: number; end: number } {
  const [space = ""] = /^\s*/.exec(json.slice(colon + 1)) ?? [];
  const start = colon + 1 + space.length;
  const [value = ""] = /^[^\s,}\]]+/.exec(json.slice(start, start + 16)) ?? [];
  return { start, end: start + value.length };
}

/** What cargo would choose: a version is itself, a requirement the highest allowed release that fits, without either the highest stable one. */
export function resolveVersion(judged: JudgedListing, wanted: string | undefined): string | undefined {
  const order = VERSION_ORDERS.cargo;
  if (wanted !== undefined && order.isValid(wanted)) return releaseOf(judged.listing, wanted)?.version ?? wanted;
  const isYanked = (version: string) => judged.listing.releases.get(version)?.facts.yanked === true;
  const fitting = allowedVersions(judged).filter(
    (version) => !isYanked(version) && (wanted === undefined || order.satisfies(version, wanted)),
  );
  return fitting.findLast((version) => !order.isPrerelease(version)) ?? fitting.at(-1);
}
