/** Names of wheels and sdists by themselves, as tools of Python print them. */
import { parseFilename } from "../../../core/ecosystems/pypi/filenames.ts";
import { normalizeName } from "../../../core/purl.ts";
import { type Mention, release } from "./mention.ts";

const MAX_NAME = 300;

/**
 * The release that a file is of. An old sdist can be read in two ways (`foo-1.0-1.tar.gz`: foo 1.0.post1, or foo-1-0 1);
 * then `project` tells, and without it the file is not judged.
 */
export function pythonFile(filename: string, project?: string): Mention[] {
  if (filename.length > MAX_NAME) return [];
  const names = project === undefined ? beginnings(filename) : [normalizeName("pypi", project)];
  const found = names.flatMap((name) => release("pypi", name, parseFilename(name, filename)?.version));
  if (found.length > 1) return [{ name: filename, reason: "has a file name that more than one release could have" }];
  return found;
}

/** What could be the name of the project: up to the first dash in a wheel, up to any in an sdist. */
function beginnings(filename: string): string[] {
  const dashes = [...filename.matchAll(/-/g)].map(({ index }) => normalizeName("pypi", filename.slice(0, index)));
  return filename.endsWith(".whl") ? dashes.slice(0, 1) : [...new Set(dashes)];
}
