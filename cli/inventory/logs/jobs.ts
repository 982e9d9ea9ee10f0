/** The CI job that a log is of, where neither its lines nor anybody else tells. */
import { basename, dirname } from "node:path";

const HEAD = 256 * 1024;

/**
 * GitHub's archives hold `1_build.txt` for a whole job, which tells its name when it begins, and `build/3_Install.txt` for
 * a step. Undefined for files of other names.
 */
export function jobOfFile(path: string, text: string): string | undefined {
  const [, stem] = /^-?\d{1,4}_(.{1,200})\.txt$/.exec(basename(path)) ?? [];
  if (stem === undefined) return undefined;
  const head = text.slice(0, HEAD);
  const [, told] = /Complete job name: ([^\r\n]{1,200})/.exec(head) ?? [];
  if (told !== undefined) return told.trim();
  const folder = basename(dirname(path));
  return /Current runner version:/.test(head) || folder === "" || folder === "." ? stem : folder;
}
