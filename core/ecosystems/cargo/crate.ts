/** What a crate says of itself in its file, and what of it runs when it is compiled (The Cargo Book, "The Manifest Format"). */
import { parse as parseToml } from "smol-toml";
import type { Crate, Release } from "../../../schemas/types/facts.ts";
import { CordonError, messageOf } from "../../errors.ts";
import { own, ownString } from "../../json.ts";
import { oneLine } from "../../words.ts";
import type { ListedRelease, ReadFile } from "../ecosystem.ts";
import { readTopFiles } from "../top-files.ts";

const MAX_TEXT = 300;
const TOP = ["Cargo.toml", "build.rs"] as const;
/** What cannot be read may be anything. */
const NOT_READ = { readable: false, buildScript: true, procMacro: true } as const;

/** Licence and repository; neither where the file cannot be read. Throws what `read` throws. */
export async function inspectManifest(release: ListedRelease, read: ReadFile): Promise<Partial<Release>> {
  const found = await readCrate(release, read);
  if ("problem" in found) return {};
  const manifest = packageOf(found.manifest);
  const [license, repository] = [ownString(manifest, "license"), ownString(manifest, "repository")].map(short);
  return { ...(license && { license }), ...(repository && { repository }) };
}

/** Throws what `read` throws. */
export async function inspectCrate(release: ListedRelease, read: ReadFile): Promise<Partial<Release>> {
  const found = await readCrate(release, read);
  if ("problem" in found) return { crate: { ...NOT_READ, problem: oneLine(found.problem, MAX_TEXT) } };
  return { crate: toCrate(found) };
}

interface CrateFile {
  readonly manifest: unknown;
  readonly hasBuildFile: boolean;
}

/** `build` names a script, or says that there is none; without it, a `build.rs` is one. */
function toCrate({ manifest, hasBuildFile }: CrateFile): Crate {
  const build = own(packageOf(manifest), "build");
  const library = own(manifest, "lib");
  const isMacro = [own(library, "proc-macro"), own(library, "proc_macro")].includes(true);
  const isOfType = [own(library, "crate-type"), own(library, "crate_type")].flat().includes("proc-macro");
  return {
    readable: true,
    buildScript: build === undefined ? hasBuildFile : build !== false,
    procMacro: isMacro || isOfType,
  };
}

/** `[project]` is what cargo still takes for `[package]`, where there is none. */
function packageOf(manifest: unknown): unknown {
  return own(manifest, "package") ?? own(manifest, "project");
}

async function readCrate(
  { files: [file] }: ListedRelease,
  read: ReadFile,
): Promise<CrateFile | { readonly problem: string }> {
  if (!file) return { problem: "it has no file" };
  try {
    const contents = await readTopFiles(read(file), TOP);
    const text = contents.get("Cargo.toml");
    if (text === undefined) return { problem: "it has no Cargo.toml" };
    return { manifest: toManifest(text), hasBuildFile: contents.has("build.rs") };
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "ARCHIVE_MALFORMED") throw error;
    return { problem: error.message };
  }
}

function toManifest(text: string): unknown {
  try {
    return parseToml(text);
  } catch (cause) {
    throw new CordonError("ARCHIVE_MALFORMED", `its Cargo.toml is no TOML (${messageOf(cause)})`, { cause });
  }
}

function short(text: string | undefined): string | undefined {
  return text !== undefined && text !== "" && text.length <= 2048 ? text : undefined;
}
