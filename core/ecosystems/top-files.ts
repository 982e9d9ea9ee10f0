/** The files at the top of an archive of source, below the one folder that it has. */
import { readArchive } from "./archive.ts";
import { malformed } from "./malformed.ts";

const LIMITS = { bytes: 2 * 1024 * 1024 * 1024, entries: 200_000 };
const MAX_BYTES = 8 * 1024 * 1024;

/** Those of these names, by name. Throws ARCHIVE_MALFORMED with the reason alone, and what the source throws. */
export async function readTopFiles(
  archive: AsyncIterable<Uint8Array>,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  let top: string | undefined;
  const wants = (path: string, size: number) => {
    const segments = path.split("/");
    const isWanted = segments.length === 2 && names.some((name) => fold(name) === fold(segments[1] ?? ""));
    if (isWanted && size > MAX_BYTES) throw malformed(`its ${path} is too large`);
    return isWanted;
  };
  for await (const { path, content } of readArchive(archive, LIMITS, wants)) {
    const [folder = "", name = ""] = path.split("/");
    top ??= folder;
    // Clients unpack all of them, and build the one.
    if (folder !== top) throw malformed("it has more than one folder at its top");
    if (!content) continue;
    if (!names.includes(name))
      throw malformed(`it has a file whose name some systems take for another, ${JSON.stringify(name)}`);
    if (contents.has(name)) throw malformed(`it has ${name} twice`);
    contents.set(name, content.toString("utf8"));
  }
  return contents;
}

/** Equal for names that are one file on some system: letters in both cases, and what Windows leaves out behind a name. */
function fold(name: string): string {
  return name
    .replace(/:.*$/, "")
    .replace(/[. ]+$/, "")
    .toUpperCase()
    .toLowerCase();
}
