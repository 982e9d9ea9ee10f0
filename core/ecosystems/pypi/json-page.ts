/** The JSON form of a page (PEP 691). */
import { own, ownString } from "../../json.ts";
import { normalizeName } from "../../purl.ts";
import { addressOf, MAX_FILES, metadataOf, type Page, type PageFile, short, toDigests } from "./page.ts";

/** Throws what `fail` throws. */
export function parseJsonPage(
  project: string,
  text: string,
  url: URL | undefined,
  fail: (why: string, cause?: unknown) => never,
): Page {
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
  const status = own(document, "project-status");
  return {
    files: files.slice(0, MAX_FILES + 1).flatMap((file) => toPageFile(file, url) ?? []),
    status: short(ownString(status, "status")),
    statusReason: short(ownString(status, "reason")),
  };
}

function toPageFile(file: unknown, base: URL | undefined): PageFile | undefined {
  const filename = ownString(file, "filename");
  if (filename === undefined) return undefined;
  const size = own(file, "size");
  const yanked = own(file, "yanked");
  return {
    filename,
    url: addressOf(ownString(file, "url"), base),
    digests: toDigests(own(file, "hashes")),
    metadata: metadataOf(own(file, "core-metadata") ?? own(file, "dist-info-metadata")),
    requiresPython: short(ownString(file, "requires-python")),
    yanked: typeof yanked === "string" ? (short(yanked) ?? "") : yanked === true ? "" : undefined,
    size: Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : undefined,
    uploaded: ownString(file, "upload-time"),
    provenance: addressOf(ownString(file, "provenance"), base),
  };
}
