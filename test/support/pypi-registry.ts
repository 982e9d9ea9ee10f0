/** A small Python package index on loopback that counts what it is asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { normalizeName } from "../../core/purl.ts";
import { type BuiltFile, buildFiles, type FixtureProject } from "./distributions.ts";
import type { Answer } from "./registry.ts";
import { releaseJson, simpleHtml, simpleList, simpleListHtml, simplePage } from "./simple-index.ts";

export interface PypiRequest {
  readonly method: string;
  readonly path: string;
  /** Who asked; the proxy calls itself `cordon`. */
  readonly agent: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface PypiOptions {
  /** In which forms it has its pages; left out: in both. */
  readonly forms?: "both" | "html" | "json";
  /** Where its pages say that the files are; left out: at its own absolute address. */
  readonly files?: string;
  /** Whether it gives parts of files; left out: it does. */
  readonly ranges?: boolean;
}

export interface FixturePypi {
  readonly url: URL;
  /** The base of the simple API, with a slash at the end. */
  readonly simple: URL;
  /** The paths asked for, in order. */
  readonly requests: string[];
  /** The same with how and by whom. */
  readonly asked: readonly PypiRequest[];
  /** What was sent so far, headers included. */
  readonly bytes: number;
  put(project: FixtureProject): void;
  /** Answers a path, whatever its query, in its own way; stands before the projects. */
  answer(path: string, answer: Answer): void;
  /** Where a file is. Throws where there is none of this name. */
  pathOf(filename: string): string;
  /** Gives other bytes under a file's name; what the pages say of it stays. */
  tamper(filename: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

const JSON_V1 = "application/vnd.pypi.simple.v1+json";
const HTML_V1 = "application/vnd.pypi.simple.v1+html";
const HTML = "text/html";

/** What is behind the answers. */
interface Index {
  readonly byName: ReadonlyMap<string, FixtureProject>;
  readonly forms: "both" | "html" | "json";
  readonly files: string;
  readonly ranges: boolean;
}

export async function startPypi(
  projects: readonly FixtureProject[] = [],
  { forms = "both", files, ranges = true }: PypiOptions = {},
): Promise<FixturePypi> {
  const byName = new Map<string, FixtureProject>();
  const put = (project: FixtureProject) => byName.set(normalizeName("pypi", project.name), project);
  for (const project of projects) put(project);
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const asked: PypiRequest[] = [];
  let bytes = 0;
  const server = createServer((request, response) => {
    const { method = "GET", headers, socket } = request;
    const path = decodeURIComponent(request.url ?? "/");
    requests.push(path);
    asked.push({ method, path, agent: headers["user-agent"], headers });
    const before = socket.bytesWritten;
    response.on("close", () => {
      bytes += socket.bytesWritten - before;
    });
    const plain = path.split("?", 1)[0] ?? "";
    const answer = answers.get(path) ?? answers.get(plain) ?? answerTo(plain, index);
    if (answer) return answer(request, response);
    response.statusCode = 404;
    return response.end("404 Not Found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const index: Index = { byName, forms, ranges, files: files ?? new URL("files", url).href };

  function pathOf(filename: string): string {
    const file = filesOf(index).find((file) => file.filename === filename);
    if (!file) throw new Error(`no ${filename} in the index`);
    return `/files/${file.path}`;
  }

  return {
    url,
    simple: new URL("simple/", url),
    requests,
    asked,
    get bytes() {
      return bytes;
    },
    put,
    answer: (path, answer) => answers.set(path, answer),
    pathOf,
    tamper: (filename, bytes) => answers.set(pathOf(filename), sendFile(bytes, ranges)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function filesOf({ byName }: Index): BuiltFile[] {
  return [...byName.values()].flatMap(buildFiles);
}

/** Undefined where there is nothing. */
function answerTo(path: string, index: Index): Answer | undefined {
  const [, folder = "", ...rest] = path.split("/");
  if (folder === "simple") return simpleAnswer(rest, index);
  if (folder === "files") return fileAnswer(rest.join("/"), index);
  return folder === "pypi" ? releaseAnswer(rest, index) : undefined;
}

function simpleAnswer([name = "", end, ...more]: readonly string[], index: Index): Answer | undefined {
  if (more.length > 0 || (end !== undefined && end !== "")) return undefined;
  const { byName } = index;
  if (name === "")
    return page(
      index,
      () => simpleList([...byName.keys()]),
      () => simpleListHtml([...byName.keys()]),
    );
  const normalized = normalizeName("pypi", name);
  const project = byName.get(normalized);
  if (!project) return undefined;
  if (name === normalized && end !== undefined)
    return page(
      index,
      () => simplePage(project, index),
      () => simpleHtml(project, index),
    );
  return (_request, response) => {
    response.writeHead(301, { location: `/simple/${normalized}/` });
    response.end();
  };
}

function page({ forms }: Index, json: () => unknown, html: () => string): Answer {
  return (request, response) => {
    const type = { json: JSON_V1, html: HTML, both: wanted(request.headers.accept) }[forms];
    response.setHeader("vary", "Accept");
    send(response, type, type === JSON_V1 ? JSON.stringify(json()) : html());
  };
}

function releaseAnswer([name = "", version = "", end]: readonly string[], index: Index): Answer | undefined {
  const project = end === "json" ? index.byName.get(normalizeName("pypi", name)) : undefined;
  const document = project && releaseJson(project, version, index);
  return document && ((_request, response) => send(response, "application/json", JSON.stringify(document)));
}

function fileAnswer(path: string, index: Index): Answer | undefined {
  const files = filesOf(index);
  const file = files.find((file) => file.path === path);
  if (file) return sendFile(file.bytes, index.ranges);
  const metadata = files.find((file) => `${file.path}.metadata` === path)?.metadata;
  return metadata === undefined ? undefined : sendFile(Buffer.from(metadata), index.ranges);
}

/** The form that an Accept header likes best, HTML where it does not care: PEP 691, and RFC 9110 12.5.1. */
function wanted(accept = "*/*"): string {
  const ranges = accept.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    return { type, quality: q === undefined ? 1 : Number(q.slice(2)) };
  });
  const quality = (type: string) =>
    (ranges.find((range) => range.type === type) ?? ranges.find((range) => range.type === "*/*"))?.quality ?? 0;
  return [HTML, HTML_V1, JSON_V1].reduce((best, type) => (quality(type) > quality(best) ? type : best));
}

function send(response: ServerResponse, type: string, body: string): void {
  response.setHeader("content-type", type);
  response.end(body);
}

/** The whole, or one part of it (RFC 9110 14.2). */
function sendFile(bytes: Uint8Array, ranges: boolean): Answer {
  return (request, response) => {
    response.setHeader("content-type", "application/octet-stream");
    if (ranges) response.setHeader("accept-ranges", "bytes");
    const part = ranges ? partOf(request.headers.range, bytes.length) : undefined;
    if (part) response.setHeader("content-range", `bytes ${part.start}-${part.end - 1}/${bytes.length}`);
    response.statusCode = part ? 206 : 200;
    const body = part ? bytes.subarray(part.start, part.end) : bytes;
    response.setHeader("content-length", body.length);
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

function partOf(range: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === "") return to === "" ? undefined : { start: Math.max(0, size - Number(to)), end: size };
  return { start: Number(from), end: to === "" ? size : Math.min(size, Number(to) + 1) };
}
