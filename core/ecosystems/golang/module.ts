/** What of a Go module runs, or brings in other code, when it is built; its file is a zip (Go Modules Reference, "Module zip files"). */
import type { Module, Release } from "../../../schemas/types/facts.ts";
import { CordonError } from "../../errors.ts";
import { oneLine } from "../../words.ts";
import type { ListedRelease, ReadFile } from "../ecosystem.ts";
import { readZipFiles } from "../zip-files.ts";

const MAX_TEXT = 300;
/** `import "C"`, alone or in a list: the compiler of C is run, with flags that the file gives. */
const CGO = /(?:^|[(;\s])"C"\s*(?:[);]|$)/m;
/** For whoever runs `go generate`, which a build does not. */
const GENERATE = /^\/\/go:generate\s/m;

/** Throws what `read` throws. */
export async function inspectModule({ files: [file] }: ListedRelease, read: ReadFile): Promise<Partial<Release>> {
  if (!file) return {};
  try {
    const sources = await readZipFiles(read(file), (path) => path.endsWith(".go"));
    const has = (pattern: RegExp) => [...sources.values()].some((source) => pattern.test(source));
    return { module: { readable: true, cgo: has(CGO), generate: has(GENERATE) } };
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "ARCHIVE_MALFORMED") throw error;
    const module: Module = { readable: false, problem: oneLine(error.message, MAX_TEXT), cgo: true, generate: true };
    return { module };
  }
}
