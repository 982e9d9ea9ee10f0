/** The JSON form of a page (PEP 691). */
import { own, ownString } from "../../json.ts";
import { normalizeName } from "../../purl.ts";
import { parseInstant } from "../../time.ts";
import { addressOf, type Fail, MAX_FILES, metadataOf, type Page, type PageFile, textOf, toDigests } from "./page.ts";

/** Throws what `fail` throws. */
export function parseJsonPage(project: string, text: string, url: URL | undefined, fail: Fail): Page {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    fail("it is not JSON", cause);
  }
  // PEP 629: another major version may mean anything.
  if (!/^1\.\d+$/.test(ownString(own(document, "meta"), "api-version") ?? "")) fail("its API version is not known");
  if (normalizeName("pypi", ownString(document, "name") ?? "") !== project) fail("it is about another project");
  const files = own(document, "files");
  if (!Array.isArray(files)) return fail("it has no `files`");
  if (files.length > MAX_FILES) fail(`it has more than ${MAX_FILES} files`);
  const status = own(document, "project-status");
  return {
    files: files.flatMap((file) => toPageFile(file, url) ?? []),
    status: textOf(ownString(status, "status")),
    statusReason: textOf(ownString(status, "reason")),
  };
}

function toPageFile(file: unknown, base: URL | undefined): PageFile | undefined {
  const filename = ownString(file, "filename");
  if (filename === undefined) return undefined;
  const size = own(file, "size");
  const uploaded = ownString(file, "upload-time");
  return {
    filename,
    url: addressOf(ownString(file, "url"), base),
    digests: toDigests(own(file, "hashes")),
    metadata: metadataOf(own(file, "core-metadata") ?? own(file, "dist-info-metadata")),
    requiresPython: textOf(ownString(file, "requires-python")),
    yanked: yankedOf(own(file, "yanked")),
    size: Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : undefined,
    uploaded: uploaded !== undefined && parseInstant(uploaded) ? uploaded : undefined,
    provenance: addressOf(ownString(file, "provenance"), base),
  };
}

/** The reason, which may be empty. What is true to Python says that the file is yanked (PEP 691, "Project Detail"). */
function yankedOf(value: unknown): string | undefined {
  if (!value) return undefined;
  return (typeof value === "string" ? textOf(value) : undefined) ?? "";
}
