/** Pages of the simple API written by hand, for what no index of ours would send. */

export const PAGE_URL = new URL("https://registry.example/simple/foo/");
export const SHA256 = "ab".repeat(32);

/** Fields of a file in the JSON form, over those of a usable one. */
export type FileFields = Readonly<Record<string, unknown>>;

/** A file as an index lists it. */
export function jsonFile(filename: string, fields: FileFields = {}): Record<string, unknown> {
  return {
    filename,
    url: `https://files.example/${encodeURIComponent(filename)}`,
    hashes: { sha256: SHA256 },
    "upload-time": "2024-01-01T00:00:00.000000Z",
    size: 1000,
    ...fields,
  };
}

/** The page of `foo` in JSON. */
export function jsonPage(files: readonly unknown[], document: FileFields = {}): Buffer {
  return Buffer.from(JSON.stringify({ meta: { "api-version": "1.1" }, name: "foo", files, ...document }));
}

/** The same in HTML; `links` and `head` are markup. */
export function htmlPage(links: string, head = ""): Buffer {
  return Buffer.from(`<!DOCTYPE html>\n<html><head>${head}</head><body>\n${links}\n</body></html>\n`);
}

/** A link to a usable file; attributes are markup. */
export function htmlLink(filename: string, attributes = "", fragment = `#sha256=${SHA256}`): string {
  return `<a href="https://files.example/${encodeURIComponent(filename)}${fragment}" ${attributes}>${filename}</a>`;
}
