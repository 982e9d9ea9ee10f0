/** Logs of CI systems, and of package managers: what was fetched or installed, as far as the tools say so. */
import { requireFewReleases } from "./bounds.ts";
import { addressesIn } from "./logs/addresses.ts";
import { readBunLine } from "./logs/bun.ts";
import { startCargo } from "./logs/cargo.ts";
import { readGoLine } from "./logs/go.ts";
import { jobOfFile } from "./logs/jobs.ts";
import { logLines, MAX_LINE } from "./logs/lines.ts";
import type { ReadLogLine } from "./logs/mention.ts";
import { readNpmLine } from "./logs/npm.ts";
import { startPip } from "./logs/pip.ts";
import { startPnpm } from "./logs/pnpm.ts";
import { readPoetryLine } from "./logs/poetry.ts";
import { readUvLine } from "./logs/uv.ts";
import { readYarnLine } from "./logs/yarn.ts";
import type { Inventory, InventoryFile, InventoryReader, NamedRelease, Unjudged } from "./reader.ts";

export const readCiLog: InventoryReader = {
  kind: "ci-log",
  files: "logs of npm, pnpm, yarn, bun, pip, uv, poetry, pdm, cargo and go",
  recognizes: (file) => file.json === undefined && !/^\s*</.test(file.text) && hasMentions(readLog(file)),
  read: (file) => readLog(file),
};

function hasMentions({ releases, unjudged }: Inventory): boolean {
  return releases.length > 0 || unjudged.length > 0;
}

/** A workflow has at most 256; of a hostile log's more, no line is read with the ones before. */
const MAX_JOBS = 1000;

/** Whoever recognizes a log has read it. */
const READ = new WeakMap<InventoryFile, Inventory>();

function readLog(file: InventoryFile): Inventory {
  const known = READ.get(file);
  if (known) return known;
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  const ofFile = jobOfFile(file.path, file.text);
  const readers = new Map<string | undefined, readonly ReadLogLine[]>();
  for (const { text, line, job = ofFile, isCut } of logLines(file.text)) {
    const tools = readers.get(job) ?? startTools();
    if (readers.size < MAX_JOBS) readers.set(job, tools);
    const mentions = tools.flatMap((read) => read(text));
    for (const mention of mentions) {
      if ("id" in mention) releases.push({ id: mention.id, line, ...(job !== undefined && { job }) });
      else unjudged.push({ ...mention, line });
    }
    if (isCut && mentions.length > 0)
      unjudged.push({ name: `the rest of line ${line}`, line, reason: `is longer than ${MAX_LINE} characters` });
    // A line may name thousands.
    requireFewReleases(file.path, releases.length + unjudged.length);
  }
  const found = { releases, unjudged };
  READ.set(file, found);
  return found;
}

/** Jobs run side by side: what the lines of one tell of the next ones holds for the same job. */
function startTools(): readonly ReadLogLine[] {
  return [
    ...[readNpmLine, startPnpm(), readYarnLine, readBunLine],
    ...[startPip(), readUvLine, readPoetryLine, startCargo(), readGoLine],
    addressesIn,
  ];
}
