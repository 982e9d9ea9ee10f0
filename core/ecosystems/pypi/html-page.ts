/** The HTML form of a page (PEP 503): each link is a file, and its attributes tell of it. */
import { Parser } from "htmlparser2";
import { addressOf, MAX_FILES, metadataOf, type Page, type PageFile, short, toDigests } from "./page.ts";

type Attributes = Readonly<Record<string, string>>;

/** Throws what `fail` throws. */
export function parseHtmlPage(text: string, url: URL | undefined, fail: (why: string) => never): Page {
  const files: PageFile[] = [];
  let base = url;
  let version = "1.0";
  let [status, reason]: [string | undefined, string | undefined] = [undefined, undefined];
  let isPage = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      isPage ||= name === "html" || name === "a" || name === "meta";
      if (name === "base") base = baseOf(attributes["href"], url);
      if (name === "meta") {
        const { name: key, content } = attributes;
        if (key === "pypi:repository-version") version = content ?? "";
        if (key === "pypi:project-status") status = content;
        if (key === "pypi:project-status-reason") reason = content;
      }
      if (name === "a" && files.length <= MAX_FILES) {
        const file = toPageFile(attributes, base);
        if (file) files.push(file);
      }
    },
  });
  parser.end(text);
  if (!isPage) fail("it is neither JSON nor HTML");
  if (!/^1\.\d+$/.test(version)) fail("its API version is not known");
  return { files, status: short(status), statusReason: short(reason) };
}

function baseOf(href: string | undefined, url: URL | undefined): URL | undefined {
  return href !== undefined && URL.canParse(href, url) ? new URL(href, url) : url;
}

/** What the file is called stands at the end of its address; the link's text is for people. */
function toPageFile(attributes: Attributes, base: URL | undefined): PageFile | undefined {
  const { href = "" } = attributes;
  const url = addressOf(href, base);
  const filename = url === undefined ? undefined : lastSegment(url);
  if (filename === undefined) return undefined;
  const metadata = attributes["data-core-metadata"] ?? attributes["data-dist-info-metadata"];
  return {
    filename,
    url,
    digests: toDigests(hashOf(href.split("#", 2)[1])),
    metadata: metadataOf(hashOf(metadata)),
    requiresPython: short(attributes["data-requires-python"]),
    yanked: attributes["data-yanked"] === undefined ? undefined : (short(attributes["data-yanked"]) ?? ""),
    size: undefined,
    uploaded: undefined,
    provenance: addressOf(attributes["data-provenance"], base),
  };
}

function lastSegment(url: string): string | undefined {
  try {
    const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}

/** `sha256=HEX`, as fragments and attributes write it. */
function hashOf(text: string | undefined): Attributes {
  const [, algorithm = "", hex = ""] = /^(\w+)=([0-9a-fA-F]+)$/.exec(text ?? "") ?? [];
  return { [algorithm]: hex };
}
