/** A small Cargo registry on loopback that counts what it is asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "../../core/digest.ts";
import { type BuiltCrate, buildCrates, type FixtureCrate } from "./crates.ts";
import {
  crateJson,
  type IndexOptions,
  indexEntry,
  indexPath,
  indexPrefix,
  searchJson,
  versionJson,
} from "./crates-index.ts";
import type { Answer } from "./registry.ts";

export interface CratesRequest {
  readonly method: string;
  readonly path: string;
  /** Who asked; the proxy calls itself `cordon`. */
  readonly agent: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** What was answered; 0 until it was. */
  readonly status: number;
}

export interface CratesOptions extends IndexOptions {
  /**
   * Where `config.json` says that the .crates are, below the registry; may have Cargo's markers (`{crate}`, `{version}`,
   * `{prefix}`, `{lowerprefix}`, `{sha256-checksum}`). Left out: `dl`, to which Cargo adds `/NAME/VERSION/download`.
   */
  readonly dl?: string;
  /** Replaces or adds fields of `config.json`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What the index gives for a client to ask again with; left out: both. */
  readonly validators?: readonly ("etag" | "last-modified")[];
  /** The token without which it gives nothing, as `auth-required` of `config.json` says; left out: none. */
  readonly token?: string;
}

export interface FixtureCrates {
  readonly url: URL;
  /** The index as Cargo's settings name it: `sparse+URL`, with a slash at the end. */
  readonly index: string;
  /** The paths asked for, in order. */
  readonly requests: string[];
  /** The same with how, by whom and what came of it. */
  readonly asked: readonly CratesRequest[];
  /** What was sent so far, headers included. */
  readonly bytes: number;
  put(crate: FixtureCrate): void;
  /** Answers a path, whatever its query, in its own way; stands before the crates. */
  answer(path: string, answer: Answer): void;
  /** Where a crate's entry in the index is. */
  entryOf(name: string): string;
  /** Where a .crate is. Throws where there is none. */
  pathOf(name: string, version: string): string;
  /** Gives other bytes as a .crate; what the index says of it stays. */
  tamper(name: string, version: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** What is behind the answers. */
interface Registry extends Required<IndexOptions> {
  /** With when it last changed. */
  readonly byName: ReadonlyMap<string, { readonly crate: FixtureCrate; readonly changed: number }>;
  readonly dl: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly validators: readonly ("etag" | "last-modified")[];
}

const STARTED = Date.parse("2026-11-01T00:00:00Z");

export async function startCrates(
  crates: readonly FixtureCrate[] = [],
  { dl = "dl", config = {}, validators = ["etag", "last-modified"], pubtime = true, token }: CratesOptions = {},
): Promise<FixtureCrates> {
  const byName = new Map<string, { crate: FixtureCrate; changed: number }>();
  let puts = 0;
  const put = (crate: FixtureCrate) => {
    // A second later each time, for Last-Modified tells no less apart.
    byName.set(crate.name.toLowerCase(), { crate, changed: STARTED + puts * 1000 });
    puts += 1;
  };
  for (const crate of crates) put(crate);
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const asked: CratesRequest[] = [];
  let bytes = 0;
  const server = createServer((request, response) => {
    const { method = "GET", headers, socket } = request;
    const path = decodeURIComponent(request.url ?? "/");
    const one = { method, path, agent: headers["user-agent"], headers, status: 0 };
    requests.push(path);
    asked.push(one);
    const before = socket.bytesWritten;
    response.on("close", () => {
      one.status = response.statusCode;
      bytes += socket.bytesWritten - before;
    });
    if (token !== undefined && headers.authorization !== token) return unauthorized(response, url);
    const [plain = "", query] = path.split("?");
    const answer = answers.get(path) ?? answers.get(plain) ?? answerTo(plain, new URLSearchParams(query), registry);
    if (answer) return answer(request, response);
    response.statusCode = 404;
    return response.end("404 Not Found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const registry: Registry = {
    byName,
    dl,
    validators,
    pubtime,
    config: {
      dl: new URL(dl, url).href.replaceAll("%7B", "{").replaceAll("%7D", "}"),
      api: url.origin,
      ...(token !== undefined && { "auth-required": true }),
      ...config,
    },
  };

  function pathOf(name: string, version: string): string {
    const built = cratesOf(registry).find((built) => built.name === name && built.version === version);
    if (!built) throw new Error(`no ${name} ${version} in the registry`);
    return cratePath(built, dl);
  }

  return {
    url,
    index: `sparse+${new URL("index/", url)}`,
    requests,
    asked,
    get bytes() {
      return bytes;
    },
    put,
    answer: (path, answer) => answers.set(path, answer),
    entryOf: (name) => `/index/${indexPath(name)}`,
    pathOf,
    tamper: (name, version, bytes) => answers.set(pathOf(name, version), sendCrate(bytes)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function cratesOf({ byName }: Registry): BuiltCrate[] {
  return [...byName.values()].flatMap(({ crate }) => buildCrates(crate));
}

/** Where `dl` leads for a .crate, as Cargo works it out. */
function cratePath({ name, version, sha256 }: BuiltCrate, dl: string): string {
  const markers: Readonly<Record<string, string>> = {
    "{crate}": name,
    "{version}": version,
    "{prefix}": indexPrefix(name),
    "{lowerprefix}": indexPrefix(name.toLowerCase()),
    "{sha256-checksum}": sha256,
  };
  const path = Object.entries(markers).reduce((path, [marker, value]) => path.replaceAll(marker, value), dl);
  return path === dl ? `/${dl}/${name}/${version}/download` : `/${path}`;
}

/** Undefined where there is nothing. */
function answerTo(path: string, query: URLSearchParams, registry: Registry): Answer | undefined {
  if (path.startsWith("/index/")) return indexAnswer(path.slice("/index/".length), registry);
  if (path.startsWith("/api/v1/crates")) return apiAnswer(path.split("/").slice(4), query, registry);
  const built = cratesOf(registry).find((built) => cratePath(built, registry.dl) === path);
  return built && sendCrate(built.bytes);
}

function indexAnswer(path: string, registry: Registry): Answer | undefined {
  const { byName, config } = registry;
  if (path === "config.json") return document(JSON.stringify(config), "application/json", STARTED, registry);
  const found = byName.get(path.slice(path.lastIndexOf("/") + 1));
  if (!found || indexPath(found.crate.name) !== path) return undefined;
  return document(indexEntry(found.crate, registry), "text/plain", found.changed, registry);
}

function apiAnswer([name, version, end]: readonly string[], query: URLSearchParams, registry: Registry) {
  const { byName } = registry;
  if (name === undefined)
    return json(
      searchJson(
        [...byName.values()].map(({ crate }) => crate),
        query,
      ),
    );
  const crate = byName.get(name.toLowerCase())?.crate;
  if (!crate) return undefined;
  if (version === undefined) return json(crateJson(crate));
  if (end === undefined) return json(versionJson(crate, version));
  const built = end === "download" ? buildCrates(crate).find((built) => built.version === version) : undefined;
  return built && sendCrate(built.bytes);
}

function json(value: Readonly<Record<string, unknown>> | undefined): Answer | undefined {
  return value && ((_request, response) => send(response, "application/json", JSON.stringify(value)));
}

/** A file of the index, which clients keep and ask for again: RFC 9110 13.2.2, where an ETag stands before a time. */
function document(body: string, type: string, changed: number, { validators }: Registry): Answer {
  const etag = `"${sha256(body).slice(0, 32)}"`;
  const modified = new Date(changed).toUTCString();
  return ({ headers }, response) => {
    if (validators.includes("etag")) response.setHeader("etag", etag);
    if (validators.includes("last-modified")) response.setHeader("last-modified", modified);
    const { "if-none-match": match, "if-modified-since": since } = headers;
    const same =
      match === undefined || !validators.includes("etag")
        ? since === modified && validators.includes("last-modified")
        : match === etag;
    if (!same) return send(response, type, body);
    response.statusCode = 304;
    response.end();
  };
}

function unauthorized(response: ServerResponse, url: URL): void {
  response.statusCode = 401;
  response.setHeader("www-authenticate", `Cargo login_url="${new URL("me", url)}"`);
  response.end();
}

function send(response: ServerResponse, type: string, body: string): void {
  response.setHeader("content-type", type);
  response.end(body);
}

function sendCrate(bytes: Uint8Array): Answer {
  return (_request, response) => {
    response.setHeader("content-type", "application/gzip");
    response.setHeader("content-length", bytes.length);
    response.end(bytes);
  };
}
