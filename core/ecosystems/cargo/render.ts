/** The index entry that cargo gets: every line as it came, but that a denied release is marked as yanked. */
import { permits } from "../../verdict.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { JudgedListing } from "../ecosystem.ts";
import { allowedVersions, releaseOf } from "../judged.ts";
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

/** Changes that field, and no other byte: what this program does not know of must survive. The line is known to be an object. */
export function markYanked(line: string): string {
  const values = valuesOf(line, "yanked");
  if (values.length === 0) {
    const end = line.lastIndexOf("}");
    return `${line.slice(0, end)},"yanked":true${line.slice(end)}`;
  }
  // All of them, where the key stands twice: one reader takes the first, another one the last.
  const ends = [0, ...values.map(({ end }) => end)];
  const kept = [...values.map(({ start }) => start), line.length].map((start, at) => line.slice(ends[at], start));
  return kept.join("true");
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** Where the values of a key of the outermost object stand. */
function valuesOf(json: string, key: string): Part[] {
  const found: Part[] = [];
  for (let at = json.indexOf('"'); at >= 0; ) {
    const endOfKey = endOfText(json, at);
    const start = afterSpace(json, json.indexOf(":", endOfKey) + 1);
    const end = endOfValue(json, start);
    if (JSON.parse(json.slice(at, endOfKey)) === key) found.push({ start, end });
    at = json.indexOf('"', end);
  }
  return found;
}

const SPACE: ReadonlySet<string> = new Set(" \t\r\n");

function afterSpace(json: string, start: number): number {
  let at = start;
  while (SPACE.has(json[at] ?? "")) at += 1;
  return at;
}

/** Behind its closing quote. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function endOfValue(json: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = json[at] ?? "";
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    at = character === '"' ? endOfText(json, at) : at + 1;
  } while (depth > 0 || !END_OF_VALUE.has(json[at] ?? ","));
  return at;
}

const END_OF_VALUE: ReadonlySet<string> = new Set([...SPACE, ",", "}", "]"]);

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
