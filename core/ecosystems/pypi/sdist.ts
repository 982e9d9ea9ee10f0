/** What stands at the top of a source distribution (PEP 517, 518 and 625), and what is run when it is built. */
import { parse as parseToml } from "smol-toml";
import type { Release, SourceBuild } from "../../../schemas/types/facts.ts";
import { CordonError, messageOf } from "../../errors.ts";
import { isObject, own, ownString } from "../../json.ts";
import { oneLine } from "../../words.ts";
import type { ListedRelease, ReadFile, ReleaseFile } from "../ecosystem.ts";
import { readTopFiles } from "../top-files.ts";
import { usableFiles } from "./listing.ts";

const MAX_TEXT = 300;
const TOP = ["PKG-INFO", "pyproject.toml", "setup.py"] as const;
/** What builds where nothing is named (PEP 517, "Source trees"). */
const LEGACY = "setuptools.build_meta:__legacy__";

interface Sdist {
  /** By name, those of the files at its top that count; undefined where it cannot be read in one way. */
  readonly contents: ReadonlyMap<string, string> | undefined;
  readonly problem: string | undefined;
}

/** What its sdist runs; nothing where it has none. Of several, all must be alike: a client takes the one it likes. Throws what `read` throws. */
export async function inspectSdist(release: ListedRelease, read: ReadFile): Promise<Partial<Release>> {
  const names = usableFiles(release).flatMap(({ kind, filename }) => (kind === "sdist" ? [filename] : []));
  const files = release.files.filter(({ name }) => names.includes(name));
  let found: SourceBuild | undefined;
  for (const file of files) {
    const build = toBuild(await readSdist(file, read));
    if (found && JSON.stringify(found) !== JSON.stringify(build))
      return { sourceBuild: { ...NOT_READ, problem: "it has more than one, which are built in different ways" } };
    found = build;
  }
  return found ? { sourceBuild: found } : {};
}

const NOT_READ = { readable: false, setupPy: true, backend: "" } as const;

function toBuild({ contents, problem }: Sdist): SourceBuild {
  if (!contents) return { ...NOT_READ, problem: oneLine(problem ?? "", MAX_TEXT) };
  try {
    return { readable: true, setupPy: contents.has("setup.py"), backend: backendOf(contents.get("pyproject.toml")) };
  } catch (error) {
    return { ...NOT_READ, problem: oneLine(`its pyproject.toml is no TOML (${messageOf(error)})`, MAX_TEXT) };
  }
}

function backendOf(pyproject: string | undefined): string {
  if (pyproject === undefined) return LEGACY;
  const system = own(parseToml(pyproject), "build-system");
  const backend = isObject(system) ? ownString(system, "build-backend") : undefined;
  return oneLine(backend ?? LEGACY, MAX_TEXT);
}

/** Throws what `read` throws. */
export async function readSdist(file: ReleaseFile, read: ReadFile): Promise<Sdist> {
  if (!/\.(tar\.gz|tgz)$/i.test(file.name))
    return { contents: undefined, problem: `${file.name} is no gzip of a tar archive, and others are not read` };
  try {
    return { contents: await readTopFiles(read(file), TOP), problem: undefined };
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "ARCHIVE_MALFORMED") throw error;
    return { contents: undefined, problem: error.message };
  }
}
