/** What changed between a release and the one before it, by what the registry's listing says of both. */
import type { Release, Script } from "../schemas/types/facts.ts";
import type { Ecosystem, ListedRelease, Listing } from "./ecosystems/ecosystem.ts";
import { oneLine } from "./words.ts";

export interface Comparison {
  readonly version: string;
  readonly published: string | null;
  readonly changes: readonly Change[];
}

export interface Change {
  /** `publisher`, `dependency NAME`, `install script NAME`, `licence`, `repository`, `build attestation`, `unpacked size`. */
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

const MAX_TEXT = 500;
const MAX_SCRIPT = 8000;
const MAX_SCRIPTS = 20;
const MAX_CHANGES = 50;
/** A release that is so much larger, or smaller, holds other things. */
const SIZE_FACTOR = 2;

/**
 * Of a stable release the next lower stable one, of a pre-release the next lower of any kind. Both by what the listing says:
 * the files of releases that nobody asked for are not read.
 */
export function compareWithPrevious(
  { releases }: Pick<Listing, "releases">,
  release: ListedRelease,
  ecosystem: Ecosystem,
): Comparison | undefined {
  const order = [...releases.values()];
  const at = order.indexOf(release);
  const lower = at < 0 ? [] : order.slice(0, at);
  const previous = lower.findLast(({ facts }) => release.facts.prerelease === true || facts.prerelease !== true);
  if (!previous) return undefined;
  return {
    version: previous.version,
    published: previous.facts.published ?? null,
    changes: changesSince(previous, release, ecosystem).slice(0, MAX_CHANGES),
  };
}

function changesSince(previous: ListedRelease, release: ListedRelease, { describe }: Ecosystem): Change[] {
  const [before, after] = [previous.facts, release.facts];
  const [told, tells] = [describe?.(previous), describe?.(release)];
  return [
    ...changeOfText("publisher", told?.publisher, tells?.publisher),
    ...changesOfKeys("dependency", told?.dependencies ?? new Map(), tells?.dependencies ?? new Map()),
    ...changesOfScripts(before, after),
    ...changeOfText("licence", before.license, after.license),
    ...changeOfText("repository", before.repository, after.repository),
    ...changeOfText("build attestation", attested(before), attested(after)),
    ...changeOfSize(before.size, after.size),
  ];
}

function changeOfText(what: string, before: string | undefined, after: string | undefined): Change[] {
  // Both lack what this registry does not tell; what is gone, or new, is a change.
  return before === after ? [] : [{ what, before: shownText(before), after: shownText(after) }];
}

/** What is there no more, and what is new: another range of a dependency is no news. */
function changesOfKeys(
  what: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Change[] {
  const name = (key: string) => `${what} ${oneLine(key, 200)}`;
  const added = [...after].filter(([key]) => !before.has(key));
  const removed = [...before].filter(([key]) => !after.has(key));
  return [
    ...added.map(([key, value]) => ({ what: name(key), before: null, after: shownText(value) ?? "any" })),
    ...removed.map(([key, value]) => ({ what: name(key), before: shownText(value) ?? "any", after: null })),
  ];
}

function changesOfScripts(before: Release, after: Release): Change[] {
  // A registry that tells of no scripts in its listing says nothing of the release before either.
  if (!before.installScripts || !after.installScripts) return [];
  const [old, now] = [shownScripts(before), shownScripts(after)].map(
    (all) => new Map(all.map(({ name, text }) => [name, text])),
  );
  const names = new Set([...(now?.keys() ?? []), ...(old?.keys() ?? [])]);
  return [...names].flatMap((name) => changeOfText(`install script ${name}`, old?.get(name), now?.get(name)));
}

function attested({ provenance }: Release): string | undefined {
  return provenance?.present ? "there" : undefined;
}

function changeOfSize(before: number | undefined, after: number | undefined): Change[] {
  if (!before || !after || Math.max(before, after) < SIZE_FACTOR * Math.min(before, after)) return [];
  return [{ what: "unpacked size", before: `${before} bytes`, after: `${after} bytes` }];
}

/** Text of others on one line, cut to a bounded length; null for none. */
export function shownText(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : oneLine(value, MAX_TEXT);
}

/** Each with its lines: whoever approves reads what would run, and how much of it is not shown. */
export function shownScripts({ installScripts = [] }: Pick<Release, "installScripts">): Script[] {
  return installScripts
    .slice(0, MAX_SCRIPTS)
    .map(({ name, text }) => ({ name: oneLine(name, MAX_TEXT), text: beginningOf(text) }));
}

function beginningOf(text: string): string {
  const more = text.length - MAX_SCRIPT;
  return more > 0 ? `${text.slice(0, MAX_SCRIPT)}\n… (${more} more characters)` : text;
}
