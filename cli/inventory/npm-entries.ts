/** Entries of lockfiles of npm's clients, with what an install may take for each. */
import { toPurl } from "../../core/purl.ts";
import { fetchedFrom } from "./npm-names.ts";
import type { Inventory, NamedRelease, Unjudged } from "./reader.ts";

interface NpmEntry {
  /** Of an alias, the name of the package that it stands for. */
  readonly name: string;
  readonly version: string | undefined;
  readonly line: number;
  readonly address?: string | undefined;
  /** Where the address stands, which is asked for only where it names another release; left out: in the same line. */
  readonly lineOfAddress?: () => number;
  /** What the file calls the entry, where that is another name or version. */
  readonly called?: string;
  readonly runsScripts?: boolean;
}

export class NpmEntries implements Inventory {
  readonly releases: NamedRelease[] = [];
  readonly unjudged: Unjudged[] = [];

  /** Whichever of two releases is taken, it is one entry. */
  add({ name, version, line, address, lineOfAddress, called, runsScripts }: NpmEntry): void {
    const found = fetchedFrom(address, name, version);
    if (typeof found === "string") {
      this.leave(name, version ?? address, line, found);
      return;
    }
    const { written, addressed } = found;
    const entry = called ?? (written && addressed && toPurl(written));
    const rest = { ...(entry !== undefined && { called: entry }), ...(runsScripts !== undefined && { runsScripts }) };
    if (written) this.releases.push({ id: written, line, ...rest });
    if (addressed) this.releases.push({ id: addressed, line: (written && lineOfAddress?.()) ?? line, ...rest });
  }

  /** What comes from elsewhere than a registry; `version`: or what stands in its place. */
  leave(name: string, version: string | undefined, line: number, reason: string): void {
    this.unjudged.push({ name, line, reason, ...(version !== undefined && { version }) });
  }
}
