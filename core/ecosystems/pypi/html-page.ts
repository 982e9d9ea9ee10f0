/** The HTML form of a page (PEP 503): each link is a file, and its attributes tell of it. */
import { Parser } from "htmlparser2";
import { MAX_VALUES } from "../../json.ts";
import { addressOf, type Fail, MAX_FILES, metadataOf, type Page, type PageFile, textOf, toDigests } from "./page.ts";

type Attributes = Readonly<Record<string, string>>;

/** Of a page, all that is read of it. Every other attribute is passed by, for there may be millions. */
const READ: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["base", new Set(["href"])],
  ["meta", new Set(["name", "content"])],
  [
    "a",
    new Set([
      "href",
      "data-requires-python",
      "data-yanked",
      "data-core-metadata",
      "data-dist-info-metadata",
      "data-provenance",
    ]),
  ],
]);

/** Throws what `fail` throws. */
export function parseHtmlPage(text: string, url: URL | undefined, fail: Fail): Page {
  if (countMarkup(text) > MAX_VALUES) fail("it has more markup than is read");
  const { isPage, base: written, metas, links } = readElements(text);
  if (!isPage) fail("it is neither JSON nor HTML");
  if (!/^1\.\d+$/.test(metas.get("pypi:repository-version") ?? "1.0")) fail("its API version is not known");
  if (links.length > MAX_FILES) fail(`it has more than ${MAX_FILES} files`);
  const base = written !== undefined && URL.canParse(written, url) ? new URL(written, url) : url;
  return {
    files: links.flatMap((attributes) => toPageFile(attributes, base) ?? []),
    status: textOf(metas.get("pypi:project-status")),
    statusReason: textOf(metas.get("pypi:project-status-reason")),
  };
}

/** Parsing costs by tags and entities: each makes a value, whatever the length. */
function countMarkup(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === LESS_THAN || code === AMPERSAND) count += 1;
  }
  return count;
}

const [LESS_THAN, AMPERSAND] = [0x3c, 0x26];

interface Elements {
  /** Whether there is any that a page has. */
  readonly isPage: boolean;
  /** Of the first `<base>` that has an address: it holds for the whole page (HTML, "The base element"), and so pip has it. */
  readonly base: string | undefined;
  readonly metas: ReadonlyMap<string, string>;
  readonly links: readonly Attributes[];
}

function readElements(text: string): Elements {
  let isPage = false;
  let base: string | undefined;
  const metas = new Map<string, string>();
  const links: Attributes[] = [];
  let read: ReadonlySet<string> | undefined;
  let attributes: Record<string, string> = {};
  const parser = new FlatParser({
    onopentagname(name) {
      read = READ.get(name);
      attributes = {};
      isPage ||= name === "html" || name === "a" || name === "meta";
    },
    onattribute(key, value) {
      if (read?.has(key)) attributes[key] ??= value;
    },
    // Called where the tag ends, for no element has contents here.
    onclosetag(name) {
      const { href, name: key, content } = attributes;
      if (name === "base") base ??= href;
      if (name === "meta" && key !== undefined) metas.set(key, content ?? "");
      if (name === "a" && href !== undefined && links.length <= MAX_FILES) links.push(attributes);
    },
  });
  parser.end(text);
  return { isPage, base, metas, links };
}

/**
 * Knows one element after another and not what lies in what: the list of those that are open would cost the square of
 * their number.
 */
class FlatParser extends Parser {
  protected override isVoidElement(): boolean {
    return true;
  }
}

/** What the file is called stands at the end of its address; the link's text is for people. */
function toPageFile(attributes: Attributes, base: URL | undefined): PageFile | undefined {
  const { href = "" } = attributes;
  const url = addressOf(href, base);
  const filename = url === undefined ? undefined : lastSegment(url);
  if (filename === undefined) return undefined;
  const yanked = attributes["data-yanked"];
  const metadata = attributes["data-core-metadata"] ?? attributes["data-dist-info-metadata"];
  return {
    filename,
    url,
    digests: toDigests(hashOf(href.split("#", 2)[1])),
    metadata: metadataOf(hashOf(metadata)),
    requiresPython: textOf(attributes["data-requires-python"]),
    yanked: yanked === undefined ? undefined : (textOf(yanked) ?? ""),
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

/** `sha256=HEX`, as attributes write it, and fragments, which may tell other things besides. */
function hashOf(text: string | undefined): Attributes {
  const [, algorithm = "", hex = ""] = /(?:^|&)(sha\d+)=([0-9a-fA-F]+)(?:&|$)/.exec(text ?? "") ?? [];
  return { [algorithm]: hex };
}
