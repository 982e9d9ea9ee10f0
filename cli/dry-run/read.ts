/** What the inputs name, each release once, with all of its places. */
import { resolve } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { toPurl } from "../../core/purl.ts";
import { isInventoryName, type ReadInventory, readIfKnown, readInventory } from "../inventory/inventory.ts";
import type { NamedRelease, OtherFile } from "../inventory/reader.ts";
import { readInventoryText } from "../inventory/text.ts";
import type { InputFile, Inputs } from "./inputs.ts";
import type { WantedRelease } from "./judge.ts";
import { readParts, targetOf } from "./parts.ts";
import type { Input, Place, UnjudgedEntry } from "./report.ts";

export interface Wanted {
  /** In the order of the inputs. */
  readonly releases: readonly WantedRelease[];
  readonly inputs: readonly Input[];
  readonly unjudged: readonly UnjudgedEntry[];
}

/** Reads on where an input cannot be read; it then says why. Files that nobody named and that are no inventory are left out. */
export function readInputs({ files, unreachable }: Inputs, onRead: (count: number) => void = () => {}): Wanted {
  const releases = new Map<string, Collected>();
  const unjudged: UnjudgedEntry[] = [];
  const inputs: Input[] = unreachable.map(({ path, reason }) => failed(path, path, `${path} ${reason}`));
  const others: Named[] = [];
  for (const [index, file] of files.entries()) {
    const input = readInput(file, releases, unjudged, others);
    if (input) inputs.push(input);
    onRead(index + 1);
  }
  const read = new Set(inputs.map(({ path }) => resolve(path)));
  for (const { path, other } of others)
    if (!read.has(resolve(targetOf(path, other))))
      unjudged.push({ name: other.named, reason: LOOSE, path, line: other.line });
  return { releases: [...releases.values()], inputs, unjudged };
}

/** What an input names, and is an input itself where it lies below a folder that was given. */
interface Named {
  readonly path: string;
  readonly other: OtherFile;
}

const LOOSE = "is a file of its own, read only where it is given too";

interface Collected extends WantedRelease {
  told?: NonNullable<WantedRelease["told"]>;
  runsScripts?: boolean;
  readonly places: Place[];
}

/** Files that are all to be read, with those that they name. Throws FILE_UNREADABLE, FILE_TOO_LARGE for the first that cannot be. */
export function readWanted(paths: readonly string[]): Wanted {
  const releases = new Map<string, Collected>();
  const unjudged: UnjudgedEntry[] = [];
  const parts = paths.flatMap((path) => readParts(path));
  const inputs = parts.map(({ path, found }) => take({ path, repository: "." }, found, releases, unjudged));
  return { releases: [...releases.values()], inputs, unjudged };
}

function readInput(
  file: InputFile,
  releases: Map<string, Collected>,
  unjudged: UnjudgedEntry[],
  others: Named[],
): Input | undefined {
  const { path, repository, isNamed } = file;
  try {
    const text = readInventoryText(path);
    const found = isNamed ? readInventory(path, text) : readIfKnown(path, text);
    for (const other of found?.others ?? []) others.push({ path, other });
    return found && take(file, found, releases, unjudged);
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    // What nobody named, and what is called like no inventory, may be anything.
    if (!isNamed && error.code === "FILE_UNREADABLE" && !isInventoryName(path)) return undefined;
    return failed(path, repository, error.message.split("\n", 1)[0] ?? "");
  }
}

function take(
  { path, repository }: Pick<InputFile, "path" | "repository">,
  { kind, entries, releases: named, unjudged: left }: ReadInventory,
  releases: Map<string, Collected>,
  unjudged: UnjudgedEntry[],
): Input {
  for (const { line, job, ...release } of named)
    collect(release, { path, line, repository, ...(job !== undefined && { job }) }, releases);
  for (const { name, reason, line } of left) unjudged.push({ name, reason, path, line });
  return { path, repository, kind, entries };
}

/** What one file does not tell, another may. */
function collect(
  { id, told, runsScripts }: Omit<NamedRelease, "line" | "job">,
  place: Place,
  releases: Map<string, Collected>,
): void {
  const purl = toPurl(id);
  const release = releases.get(purl) ?? { id, places: [] };
  releases.set(purl, release);
  release.places.push(place);
  if (told) release.told = { ...told, ...release.told };
  if (runsScripts !== undefined) release.runsScripts = runsScripts || release.runsScripts === true;
}

function failed(path: string, repository: string, error: string): Input {
  return { path, repository, kind: null, entries: 0, error };
}
