/** Logs of CI systems, and of package managers: what was fetched or installed, as far as the tools say so. */

import { requireFewReleases } from "./bounds.ts";
import { addressesIn } from "./logs/addresses.ts";
import { readGoLine } from "./logs/go.ts";
import { readJavaScriptLine } from "./logs/javascript.ts";
import { logLines } from "./logs/lines.ts";
import type { Mention } from "./logs/mention.ts";
import { readPythonLine } from "./logs/python.ts";
import { readRustLine } from "./logs/rust.ts";
import type { Inventory, InventoryFile, InventoryReader, NamedRelease, Unjudged } from "./reader.ts";

export const readCiLog: InventoryReader = {
  kind: "ci-log",
  files: "logs of npm, pnpm, yarn, bun, pip, uv, poetry, cargo and go",
  recognizes: (file) => file.json === undefined && !/^\s*</.test(file.text) && hasMentions(readLog(file)),
  read: (file) => readLog(file),
};

function hasMentions({ releases, unjudged }: Inventory): boolean {
  return releases.length > 0 || unjudged.length > 0;
}

/** Whoever recognizes a log has read it. */
const READ = new WeakMap<InventoryFile, Inventory>();

function readLog(file: InventoryFile): Inventory {
  const known = READ.get(file);
  if (known) return known;
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  for (const { text, line, job } of logLines(file.text)) {
    for (const mention of mentionsIn(text)) {
      if ("id" in mention) releases.push({ id: mention.id, line, ...(job !== undefined && { job }) });
      else unjudged.push({ ...mention, line });
    }
    // A line may name thousands.
    requireFewReleases(file.path, releases.length + unjudged.length);
  }
  const found = { releases, unjudged };
  READ.set(file, found);
  return found;
}

function mentionsIn(text: string): readonly Mention[] {
  const named = [readJavaScriptLine, readPythonLine, readRustLine, readGoLine].flatMap((read) => read(text));
  return [...named, ...addressesIn(text)];
}
