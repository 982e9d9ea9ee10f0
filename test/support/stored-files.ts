/** What a proxy keeps on its disk. It answers before that is written. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";

/** The files below a folder, once they are so many. */
export async function storedFiles(folder: string, count: number): Promise<string[]> {
  let found: string[] = [];
  await until(() => {
    found = listed(folder);
    return found.length === count;
  });
  return found;
}

/** Without those that are being written. */
function listed(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("partial"))
    .map((entry) => join(entry.parentPath, entry.name));
}
