/**
 * GitHub's REST API, as far as Cordon needs it: releases and their assets. Every answer is bounded, and what it says is
 * taken for a stranger's: addresses are made here and not taken from documents, but for the one that uploads need.
 */
import type { components } from "@octokit/openapi-types";
import { CordonError } from "./errors.ts";
import {
  describe,
  type Fetch,
  type FetchedBytes,
  type FetchOptions,
  fetchBytes,
  fetchResuming,
  isInTheClear,
} from "./http.ts";
import { isObject, own, ownString } from "./json.ts";
import { apiFailure, apiLimits, complaintText, parseAnswer, parseComplaint } from "./json-api.ts";
import { resetAt, retryAfter, ServerBusy } from "./server-busy.ts";
import { oneLine } from "./words.ts";

export type Release = Pick<
  components["schemas"]["release"],
  "id" | "tag_name" | "draft" | "created_at" | "upload_url" | "body" | "html_url"
> & { readonly assets: readonly Asset[] };
export type Asset = Pick<components["schemas"]["release-asset"], "id" | "name" | "size"> & {
  /** `starter`: an upload that was cut short. */
  readonly state: string;
  readonly digest: string | null;
};

export interface GitHubOptions {
  /** OWNER/REPO. */
  readonly repository: string;
  readonly fetch: Fetch;
  /** For GITHUB_TOKEN (or GH_TOKEN), and GITHUB_API_URL. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Every method throws UPSTREAM_*, SOURCE_DENIED, ALREADY_EXISTS and ServerBusy; NOT_FOUND where there is nothing. */
export interface GitHub {
  readonly repository: string;
  readonly hasToken: boolean;
  /** A page of releases; undefined where it is still the one of `etag`. Drafts are listed for those who may write. */
  listReleases(page?: URL, etag?: string): Promise<ReleasePage | undefined>;
  /** The bytes of an asset. */
  download(assetId: number, maxBytes: number, timeoutMs: number): Promise<Uint8Array>;
  /** Asks for JSON and gives it, whatever it is. */
  send(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown>;
  /** Whose the token is. */
  login(): Promise<string>;
  upload(release: Release, name: string, bytes: Uint8Array): Promise<void>;
}

export interface ReleasePage {
  readonly releases: readonly Release[];
  readonly etag: string | undefined;
  readonly next: URL | undefined;
}

const DEFAULT_API = "https://api.github.com";
const SILENCE_MS = 20_000;
const UPLOAD_MS = 10 * 60_000;
const PER_PAGE = 100;

/** Throws USAGE. */
export function createGitHub({ repository, fetch, environment }: GitHubOptions): GitHub {
  const token = environment["GITHUB_TOKEN"] || environment["GH_TOKEN"] || undefined;
  const api = apiUrl(environment["GITHUB_API_URL"] ?? DEFAULT_API, token);
  const headers = {
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const urlOf = (path: string) => new URL(`${api.href}repos/${repository}${path}`);
  const ask = async (url: URL, options: Partial<FetchOptions> = {}): Promise<FetchedBytes> => {
    const answer = await fetchBytes(fetch, url, {
      ...apiLimits(),
      ...options,
      headers: { ...headers, ...options.headers },
    });
    return requireOk(url, answer);
  };
  return {
    repository,
    hasToken: token !== undefined,
    async listReleases(page = urlOf(`/releases?per_page=${PER_PAGE}`), etag) {
      const answer = await ask(page, etag === undefined ? {} : { headers: { "if-none-match": etag } });
      if (answer.status === 304) return undefined;
      const found = answer.headers["etag"];
      return {
        releases: toReleases(page, parseAnswer(page, answer.body)),
        etag: typeof found === "string" ? found : undefined,
        next: nextPage(answer.headers["link"], api),
      };
    },
    async download(assetId, maxBytes, timeoutMs) {
      const url = urlOf(`/releases/assets/${assetId}`);
      const answer = await fetchResuming(fetch, url, {
        headers: { ...headers, accept: "application/octet-stream" },
        maxBytes,
        timeoutMs: SILENCE_MS,
        signal: AbortSignal.timeout(timeoutMs),
        leavesOrigin: true, // to a store, by an address that is good for some minutes; the token stays here
      });
      return requireOk(url, answer).body;
    },
    async send(method, path, body) {
      const url = urlOf(path);
      const answer = await ask(url, { method, ...(body && { body: JSON.stringify(body) }) });
      return answer.body.length === 0 ? undefined : parseAnswer(url, answer.body);
    },
    async login() {
      // REST tells it to people's tokens only; GraphQL to those of workflows and apps as well.
      const url = graphqlUrl(api);
      const answer = await ask(url, { method: "POST", body: JSON.stringify({ query: "{ viewer { login } }" }) });
      const login = ownString(own(own(parseAnswer(url, answer.body), "data"), "viewer"), "login");
      if (login === undefined)
        throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} does not tell whose token it is`);
      return login;
    },
    async upload({ upload_url }, name, bytes) {
      const url = uploadUrl(upload_url, api);
      url.searchParams.set("name", name);
      await ask(url, {
        method: "POST",
        body: bytes,
        headers: { "content-type": "application/octet-stream" },
        // The server says nothing until it has everything, which is no silence.
        timeoutMs: UPLOAD_MS,
        signal: AbortSignal.timeout(UPLOAD_MS),
      });
    },
  };
}

function apiUrl(text: string, token: string | undefined): URL {
  if (!URL.canParse(text)) throw new CordonError("USAGE", `GITHUB_API_URL is no URL: ${JSON.stringify(text)}`);
  const url = new URL(text);
  if (token && isInTheClear(url))
    throw new CordonError("USAGE", `the token is not sent to ${url.origin} in the clear: GITHUB_API_URL needs https`);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/`;
  return url;
}

/** Beside `/v3` on a server of one's own. */
function graphqlUrl(api: URL): URL {
  return new URL(api.pathname.endsWith("/v3/") ? "../graphql" : "graphql", api);
}

/** The token goes to the API's own host, or to the `uploads.` beside its `api.`; to no other that an answer names. */
function uploadUrl(template: string, api: URL): URL {
  const text = template.replace(/\{[^}]*\}$/, "");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.origin === api.origin || url.origin === api.origin.replace("://api.", "://uploads."))) return url;
  throw new CordonError("UPSTREAM_MALFORMED", `${api.host} names another host for uploads, which is not followed`);
}

/** `Link: <…>; rel="next"` (RFC 8288), on the API's own origin. */
function nextPage(link: string | string[] | undefined, api: URL): URL | undefined {
  const text = /<([^>]+)>;\s*rel="next"/.exec(String(link ?? ""))?.[1];
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  return url?.origin === api.origin ? url : undefined;
}

function toReleases(url: URL, value: unknown): Release[] {
  if (!Array.isArray(value)) throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} is no list of releases`);
  return value.map((release) => toRelease(url, release));
}

/** Throws UPSTREAM_MALFORMED where a field that is used is missing. */
export function toRelease(url: URL | string, value: unknown): Release {
  const isAsset = (asset: unknown) =>
    isObject(asset) &&
    typeof asset["id"] === "number" &&
    typeof asset["name"] === "string" &&
    typeof asset["size"] === "number";
  const isSound =
    isObject(value) &&
    typeof value["id"] === "number" &&
    typeof value["tag_name"] === "string" &&
    typeof value["draft"] === "boolean" &&
    typeof value["upload_url"] === "string" &&
    Array.isArray(value["assets"]) &&
    value["assets"].every(isAsset);
  if (!isSound) throw new CordonError("UPSTREAM_MALFORMED", `${String(url)} gives a release that cannot be read`);
  return value as unknown as Release;
}

/** The answer, where it is one. */
function requireOk(url: URL, answer: FetchedBytes): FetchedBytes {
  const { status, headers } = answer;
  if ((status >= 200 && status < 300) || status === 304) return answer;
  if (status === 403 || status === 429) {
    const spent = headers["x-ratelimit-remaining"] === "0" ? resetAt(headers["x-ratelimit-reset"]) : undefined;
    const wait = retryAfter(headers["retry-after"]) ?? spent;
    if (wait) throw new ServerBusy(`${describe(url)} answered ${status} because of its rate limit`, wait);
  }
  const { message, codes } = complaintOf(answer);
  if (status === 422 && codes.includes("already_exists"))
    throw new CordonError("ALREADY_EXISTS", `${describe(url)} answered ${status}${message}`);
  throw apiFailure(url, status, message);
}

/** GitHub's own word on what is wrong, on one line, and its codes. */
function complaintOf({ body }: FetchedBytes): { message: string; codes: readonly string[] } {
  const complaint = parseComplaint(body);
  if (!isObject(complaint)) return { message: "", codes: [] };
  const errors = Array.isArray(complaint["errors"]) ? complaint["errors"].filter(isObject) : [];
  const details = errors.map(({ field, code, message }) =>
    complaintText(message ?? `${complaintText(field)} ${complaintText(code)}`),
  );
  return {
    message: `: ${oneLine([complaintText(complaint["message"]), ...details].join(", "), 200)}`,
    codes: errors.map(({ code }) => complaintText(code)),
  };
}
