/** What a release says of itself: core metadata, beside a wheel (PEP 658) or in an sdist. */
import type { Release } from "../../../schemas/types/facts.ts";
import { CordonError } from "../../errors.ts";
import { normalizeName, parseReleasePurl } from "../../purl.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { ListedRelease, ReadFile, ReleaseFile } from "../ecosystem.ts";
import { readZipFiles } from "../zip-files.ts";
import { METADATA, usableFiles } from "./listing.ts";
import { readSdist } from "./sdist.ts";

/** It may hold the whole of a project's description. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_TEXT = 2048;
/** Of the labels of `Project-URL` those that mean a repository (Well-known Project URLs, PEP 753). */
const REPOSITORY = new Set(["source", "repository", "sourcecode", "github"]);

/** Licence and repository; neither where no file tells them, or what tells is about another release. Throws what `read` throws. */
export async function inspectMetadata(release: ListedRelease, read: ReadFile): Promise<Partial<Release>> {
  const text = await readMetadata(release, read);
  const fields = text === undefined ? [] : parseHeaders(text);
  const first = (key: string) => fields.find(([name]) => name === key)?.[1];
  const { name, version } = parseReleasePurl(release.facts.purl);
  const isOurs = normalizeName("pypi", first("name") ?? "") === name && isSameVersion(first("version") ?? "", version);
  if (!isOurs) return {};
  const license = short(first("license-expression") ?? first("license"));
  const repository = short(fields.flatMap(([key, value]) => (key === "project-url" ? repositoryIn(value) : []))[0]);
  return { ...(license && license !== "UNKNOWN" && { license }), ...(repository && { repository }) };
}

function isSameVersion(a: string, b: string): boolean {
  const { canonical } = VERSION_ORDERS.pypi;
  return canonical(a) !== undefined && canonical(a) === canonical(b);
}

async function readMetadata(release: ListedRelease, read: ReadFile): Promise<string | undefined> {
  const beside = release.files.find(({ name }) => name.endsWith(METADATA));
  if (beside) {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of read(beside)) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new CordonError("UPSTREAM_TOO_LARGE", `${beside.name} is larger than is read`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
  // What is not beside the files stands in them: in an sdist at its top, in a wheel in a folder of its own.
  const listed = usableFiles(release);
  const chosen = listed.find(({ kind }) => kind === "sdist") ?? listed.find(({ kind }) => kind === "wheel");
  const file = release.files.find(({ name }) => name === chosen?.filename);
  if (!file || !chosen) return undefined;
  return chosen.kind === "sdist" ? (await readSdist(file, read)).contents?.get("PKG-INFO") : readWheel(file, read);
}

/** Undefined where it cannot be read in one way. */
async function readWheel(file: ReleaseFile, read: ReadFile): Promise<string | undefined> {
  try {
    const found = [...(await readZipFiles(read(file), (path) => /^[^/]+\.dist-info\/METADATA$/.test(path))).values()];
    return found.length === 1 ? found[0] : undefined;
  } catch (error) {
    if (error instanceof CordonError && error.code === "ARCHIVE_MALFORMED") return undefined;
    throw error;
  }
}

/** The fields above the first empty line; a line that begins with white space goes on with the one before (RFC 5322). */
function parseHeaders(text: string): [key: string, value: string][] {
  const fields: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line === "") break;
    const last = fields.at(-1);
    const [, key = "", value = ""] = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (/^[ \t]/.test(line) && last) last[1] += `\n${line.trim()}`;
    else if (key !== "") fields.push([key.toLowerCase(), value.trim()]);
  }
  return fields;
}

function repositoryIn(value: string): string[] {
  const comma = value.indexOf(",");
  // As PEP 753 normalises labels.
  const label = value
    .slice(0, comma)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
  return REPOSITORY.has(label) ? [value.slice(comma + 1).trim()] : [];
}

function short(text: string | undefined): string | undefined {
  return text !== undefined && text !== "" && text.length <= MAX_TEXT ? text : undefined;
}
