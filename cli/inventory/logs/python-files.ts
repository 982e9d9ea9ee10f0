/** Names of wheels and sdists by themselves, as tools of Python print them. */
import { requireEcosystem } from "../../../core/ecosystems/index.ts";
import { normalizeName } from "../../../core/purl.ts";
import { type Mention, release } from "./mention.ts";

const MAX_NAME = 300;
/** What lies beside a file, and is asked for before it. */
const BESIDE = /\.(?:metadata|asc)$/;

/**
 * The release that a file is of. An old sdist can be read in two ways (`foo-1.0-1.tar.gz`: foo 1.0.post1, or foo-1-0 1);
 * then `project` tells, and without it the file is not judged.
 */
export function pythonFile(filename: string, project?: string): Mention[] {
  if (filename.length > MAX_NAME || BESIDE.test(filename)) return [];
  const names = project === undefined ? beginnings(filename) : [normalizeName("pypi", project)];
  const found = names.flatMap((name) => release("pypi", name, versionOf(name, filename)));
  if (found.length > 1) return [{ name: filename, reason: "has a file name that more than one release could have" }];
  return found;
}

/** By the rules that clients go by, as an index reads the address of a file. */
function versionOf(project: string, filename: string): string | undefined {
  const asked = requireEcosystem("pypi").parseRequest("GET", `/files/${project}/${encodeURIComponent(filename)}`, "");
  return asked.kind === "file" ? asked.version : undefined;
}

/** What could be the name of the project: up to the first dash in a wheel, up to any in an sdist. */
function beginnings(filename: string): string[] {
  const dashes = [...filename.matchAll(/-/g)].map(({ index }) => normalizeName("pypi", filename.slice(0, index)));
  return filename.endsWith(".whl") ? dashes.slice(0, 1) : [...new Set(dashes)];
}
