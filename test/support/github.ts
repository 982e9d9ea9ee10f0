/**
 * GitHub's REST API for releases, on loopback and in memory. What it is asked and what it answers is held to GitHub's
 * own description of the API (`github-openapi.json`): where they part, `problems` says so.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pullForms } from "./forge/github.ts";
import { type Comments, makeComments, WORKFLOW_BOT } from "./github-comments.ts";
import { answerProblems, OPERATIONS, requestProblems } from "./github-contract.ts";
import { listen, makeBudget, originOf, pageOf, parse, read, stop } from "./github-http.ts";
import {
  type Answer,
  type Asset,
  makeRepository,
  NOT_FOUND,
  type Release,
  type ReleaseRequest,
  type RepositoryState,
  refuse,
  sha256,
} from "./github-state.ts";
import { startStorage } from "./github-storage.ts";

export interface GitHubOptions {
  /** As `owner/name`; `acme/policies` if not given. */
  readonly repositories?: readonly string[];
  /** The token that may write. */
  readonly token?: string;
  /** A token that may only read: it sees no drafts. */
  readonly readToken?: string;
  /** Whether anyone may read; true if not given. */
  readonly isPublic?: boolean;
  /** Whether what is published is immutable. */
  readonly immutable?: boolean;
  /** What `created_at` says: the date of the commit, the same for all releases of one commit, as it is if not given. */
  readonly commitDate?: () => Date;
  /** Lists releases of one `created_at` in no order that their ids or dates tell. */
  readonly shuffleTies?: boolean;
  readonly now?: () => Date;
  /** For how long an address of the storage host is good; 300 if not given. */
  readonly linkSeconds?: number;
  readonly maxUploadBytes?: number;
}

export interface GitHubRequest {
  readonly host: "api" | "uploads" | "storage";
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** 0: it was cut. */
  readonly status: number;
  /** The names of its headers, in lower case. */
  readonly headers: readonly string[];
  /** Whether it had a token that is good. */
  readonly authorized: boolean;
}

export interface GitHub {
  /** Where the API is: `https://api.github.com` of the real one; no slash at the end. */
  readonly api: string;
  /** Where assets are downloaded from, another origin. */
  readonly storage: string;
  readonly token: string;
  /** All that was answered, in order. */
  readonly requests: readonly GitHubRequest[];
  /** Where a request or an answer is not as GitHub's description has it, and what was asked that it does not have. */
  readonly problems: readonly string[];
  /** Whether an Authorization header ever reached the storage host. */
  readonly leakedAuthorization: boolean;
  /** All releases of a repository with the drafts, as the API lists them. */
  releases(repository?: string): readonly Release[];
  /** The comments on an issue or a pull request; `add` writes one as somebody else does. */
  readonly comments: Comments;
  /** Where the branch of a pull request is. Before that, there is no such pull request. */
  setHead(pull: number, commit: string): void;
  /** The refs of a repository, as `tags/v1`. */
  refs(repository?: string): readonly string[];
  /** What remains of the rate limit until its reset, for all clients. */
  limit(remaining: number): void;
  /** Refuses the next request, as GitHub does with clients in too much of a hurry. */
  secondaryLimit(seconds: number, status?: 403 | 429): void;
  /** Leaves an asset in state `starter` from the next upload, with the socket destroyed or with a 502. */
  failNextUpload(how?: "cut" | "bad-gateway"): void;
  close(): Promise<void>;
}

type Access = "none" | "read" | "write" | "bad";

interface Call {
  readonly request: IncomingMessage;
  readonly repository: RepositoryState;
  /** Whether drafts are to be seen. */
  readonly writes: boolean;
  /** The address as asked, for the addresses of other pages. */
  readonly url: URL;
  /** What stands in the path after owner and name. */
  readonly param: string;
}

interface Route {
  readonly operation: string;
  readonly call: Omit<Call, "request" | "writes">;
}

/** Undefined: the socket is gone. */
type Handler = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

const MAX_JSON_BYTES = 1 << 20;
const RELEASES = "/repos/{owner}/{repo}/releases";
const ISSUES = "/repos/{owner}/{repo}/issues";
const UPLOAD = `POST ${RELEASES}/{release_id}/assets`;

const GRAPHQL = "/graphql";
const PULL = "GET /repos/{owner}/{repo}/pulls/{pull_number}";

/** All else of pull requests is of another double, which has a git repository: forge/forge.ts. */
const patterns = OPERATIONS.filter((operation) => operation === PULL || !operation.includes("/pulls")).map(
  (operation) => {
    const [method, path = ""] = operation.split(" ");
    const pattern = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
      name.endsWith("_id") ? "(\\d+)" : ["tag", "ref"].includes(name) ? "(.+)" : "([^/]+)",
    );
    return { operation, method, pattern: new RegExp(`^${pattern}$`) };
  },
);

export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const { repositories = ["acme/policies"], token = "a-token-that-writes", readToken, isPublic = true } = options;
  const { linkSeconds = 300, maxUploadBytes = 64 << 20, now = () => new Date() } = options;
  const started = now();
  const requests: GitHubRequest[] = [];
  const problems: string[] = [];
  let leakedAuthorization = false;
  let failing: "cut" | "bad-gateway" | undefined;
  let hurry: { readonly seconds: number; readonly status: number } | undefined;
  let ids = 1000;
  const heads = new Map<number, string>();

  const epoch = (): number => Math.floor(now().getTime() / 1000);
  const server = await listen((request, response) => {
    handle(request, response).catch((error: unknown) => {
      problems.push(`the double failed: ${error}`);
      response.destroy();
    });
  });
  const api = originOf(server);
  const states = repositories.map((fullName) =>
    makeRepository({
      fullName,
      id: ++ids,
      isPublic,
      immutable: options.immutable ?? false,
      shuffleTies: options.shuffleTies ?? false,
      api,
      uploads: `${api}/uploads`,
      now,
      commitDate: options.commitDate ?? (() => started),
      nextId: () => ++ids,
    }),
  );
  const comments = makeComments({ api, now, nextId: () => ++ids });
  const storage = await startStorage({
    epoch,
    linkSeconds,
    contentOf: (repository, asset) => states.find(({ id }) => id === repository)?.contents.get(asset),
    onRequest(request, status) {
      if (request.headers.authorization !== undefined) leakedAuthorization = true;
      record(request, status, accessOf(request), "storage");
    },
  });
  const budgets = { none: makeBudget(60, epoch), token: makeBudget(5000, epoch) };

  const withRelease = (then: (release: Release, call: Call) => ReturnType<Handler>): Handler => {
    return (call) => {
      const release = call.repository.list(call.writes).find(({ id }) => `${id}` === call.param);
      return release ? then(release, call) : NOT_FOUND;
    };
  };

  const withAsset = (then: (asset: Asset, release: Release, call: Call) => Answer): Handler => {
    return (call) => {
      for (const release of call.repository.list(call.writes)) {
        const asset = release.assets.find(({ id }) => `${id}` === call.param);
        if (asset) return then(asset, release, call);
      }
      return NOT_FOUND;
    };
  };

  /** Answers with the body of the request, when it is as described. */
  async function withBody(
    operation: string,
    request: IncomingMessage,
    then: (body: ReleaseRequest) => Answer,
  ): Promise<Answer | undefined> {
    const bytes = await read(request, MAX_JSON_BYTES);
    if (bytes === "cut") return undefined;
    if (bytes === "too-long") return refuse(413, "Payload too large");
    const body = parse(bytes);
    if (body === undefined) return refuse(400, "Problems parsing JSON");
    const wrong = requestProblems(operation, body);
    problems.push(...wrong);
    return wrong.length > 0 ? refuse(422, `Invalid request.\n\n${wrong.join("\n")}`) : then(body as ReleaseRequest);
  }

  const handlers: Readonly<Record<string, Handler>> = {
    "GET /repos/{owner}/{repo}": ({ repository }) => repository.describe(),
    [`GET ${RELEASES}`]: (call) => pageOf(call.url, call.repository.id, call.repository.list(call.writes)),
    [`POST ${RELEASES}`]: ({ request, repository }) => withBody(`POST ${RELEASES}`, request, repository.create),
    [`GET ${RELEASES}/tags/{tag}`]: ({ repository, param }) => {
      const release = repository.list(false).find(({ tag_name }) => tag_name === param);
      return release ? { status: 200, body: release } : NOT_FOUND;
    },
    [`GET ${RELEASES}/{release_id}`]: withRelease((body) => ({ status: 200, body })),
    [`PATCH ${RELEASES}/{release_id}`]: withRelease((release, { request, repository }) =>
      withBody(`PATCH ${RELEASES}/{release_id}`, request, (body) => repository.update(release, body)),
    ),
    [`DELETE ${RELEASES}/{release_id}`]: withRelease((release, { repository }) => repository.remove(release)),
    [`GET ${RELEASES}/{release_id}/assets`]: withRelease(({ assets }, { url, repository }) =>
      pageOf(url, repository.id, assets),
    ),
    [UPLOAD]: withRelease(upload),
    [`GET ${RELEASES}/assets/{asset_id}`]: withAsset((asset, _release, { request, repository }) => {
      if (!request.headers.accept?.includes("application/octet-stream")) return { status: 200, body: asset };
      // GitHub counts downloads in the asset, so that what was listed before has another ETag.
      asset.download_count++;
      return { status: 302, headers: { location: storage.sign(repository.id, asset.id) } };
    }),
    [`DELETE ${RELEASES}/assets/{asset_id}`]: withAsset((asset, release, { repository }) =>
      repository.removeAsset(release, asset),
    ),
    [`GET ${ISSUES}/{issue_number}/comments`]: ({ url, repository, param }) =>
      pageOf(url, repository.id, comments.of(Number(param))),
    [`POST ${ISSUES}/{issue_number}/comments`]: ({ request, param }) =>
      withBody(`POST ${ISSUES}/{issue_number}/comments`, request, ({ body }) =>
        comments.add(Number(param), body ?? ""),
      ),
    [`PATCH ${ISSUES}/comments/{comment_id}`]: ({ request, param }) =>
      withBody(`PATCH ${ISSUES}/comments/{comment_id}`, request, ({ body }) =>
        comments.change(Number(param), body ?? ""),
      ),
    [PULL]: ({ repository, param }) => {
      const head = heads.get(Number(param));
      return head === undefined ? NOT_FOUND : { status: 200, body: describePull(Number(param), head, repository) };
    },
    "DELETE /repos/{owner}/{repo}/git/refs/{ref}": ({ repository, param }) => repository.removeRef(param),
  };

  async function upload(release: Release, { request, repository, url }: Call): Promise<Answer | undefined> {
    const how = failing;
    failing = undefined;
    const bytes = await (how === "cut" ? cut(request) : read(request, maxUploadBytes));
    if (bytes === "too-long") return refuse(413, "Payload too large");
    const asset = {
      name: url.searchParams.get("name") ?? "",
      label: url.searchParams.get("label"),
      contentType: request.headers["content-type"] ?? "application/octet-stream",
    };
    if (bytes === "cut" || how) {
      repository.upload(release, asset);
      return bytes === "cut" ? undefined : refuse(502, "Bad Gateway");
    }
    // GitHub takes no body in chunks: its size must be told before.
    if (request.headers["content-length"] === undefined) return refuse(400, "Bad Content-Length: ");
    return repository.upload(release, { ...asset, bytes });
  }

  function describePull(number: number, head: string, { fullName }: RepositoryState): object {
    const { full } = pullForms(api, `https://github.invalid/${fullName}`, fullName);
    const at = now().toISOString();
    return full({
      ...{
        number,
        head,
        branch: "change",
        base: "main",
        author: "octocat",
        title: "A change",
        body: "",
        state: "open",
      },
      ...{ created: at, updated: at, ended: null, mergeCommit: null },
    });
  }

  /** The one question in GraphQL: whose the token is. REST does not answer that to the token of a workflow. */
  async function answerGraphql(request: IncomingMessage): Promise<Answer> {
    const bytes = await read(request, MAX_JSON_BYTES);
    const query = typeof bytes === "string" ? undefined : (parse(bytes) as { query?: unknown } | undefined)?.query;
    if (query !== "{ viewer { login } }") problems.push(`GraphQL: ${String(query)}: not a query of the double`);
    return { status: 200, body: { data: { viewer: { login: WORKFLOW_BOT.login } } } };
  }

  function accessOf({ headers }: IncomingMessage): Access {
    const given = headers.authorization;
    if (given === undefined) return "none";
    const value = /^Bearer (.+)$/i.exec(given)?.[1];
    if (value === token) return "write";
    return value !== undefined && value === readToken ? "read" : "bad";
  }

  /** Why a request is refused whatever it asks for. */
  function refusal(request: IncomingMessage, access: Access): Answer | undefined {
    // This one is not of the API but stands before it; only the status is GitHub's.
    if (!request.headers["user-agent"]) return refuse(403, "Request forbidden by administrative rules.");
    if (access === "bad") return refuse(401, "Bad credentials");
    if (hurry) {
      const { status, seconds } = hurry;
      hurry = undefined;
      const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
      return { ...refuse(status, message), headers: { "retry-after": `${seconds}` } };
    }
    if (budgets[access === "none" ? "none" : "token"].remaining() > 0) return undefined;
    return refuse(403, `API rate limit exceeded for ${access === "none" ? "127.0.0.1." : "user ID 1."}`);
  }

  function route(method: string, url: URL): Route | undefined {
    const isUpload = url.pathname.startsWith("/uploads/");
    const path = url.pathname
      .replace(/^\/uploads\//, "/")
      .replace(/^\/repositories\/(\d+)/, (_, id) => `/repos/${states.find((state) => `${state.id}` === id)?.fullName}`);
    for (const { operation, method: expected, pattern } of patterns) {
      const found = expected === method && isUpload === (operation === UPLOAD) ? pattern.exec(path) : null;
      if (!found) continue;
      const [, owner, name, param = ""] = found;
      const repository = states.find(({ fullName }) => fullName === `${owner}/${name}`);
      return repository && { operation, call: { repository, url, param: decodeURIComponent(param) } };
    }
    problems.push(`${method} ${url.pathname}: not an operation of the double`);
    return undefined;
  }

  async function answer(request: IncomingMessage, access: Access, found: Route | undefined) {
    const refused = refusal(request, access);
    if (refused) return refused;
    if (request.url === GRAPHQL)
      return access === "none"
        ? refuse(401, "This endpoint requires you to be authenticated.")
        : answerGraphql(request);
    if (!found || (!isPublic && access === "none")) return NOT_FOUND;
    if (request.method !== "GET" && access === "none") return refuse(401, "Requires authentication");
    if (request.method !== "GET" && access === "read")
      return refuse(403, "Resource not accessible by personal access token");
    return handlers[found.operation]?.({ ...found.call, request, writes: access === "write" });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = request;
    const access = accessOf(request);
    const found = path === GRAPHQL ? undefined : route(method, new URL(path, api));
    const answered = await answer(request, access, found);
    if (!answered) return record(request, 0, access);
    if (found) problems.push(...answerProblems(found.operation, answered.status, answered.body));
    const text = answered.body === undefined ? undefined : JSON.stringify(answered.body);
    const etag = method === "GET" && answered.status === 200 ? `W/"${sha256(`${access} ${text}`)}"` : undefined;
    const unchanged = etag !== undefined && request.headers["if-none-match"]?.includes(etag.slice(2));
    const budget = budgets[access === "none" || access === "bad" ? "none" : "token"];
    if (!(unchanged && access !== "none")) budget.spend();
    response.writeHead(unchanged ? 304 : answered.status, {
      ...(text !== undefined && !unchanged && { "content-type": "application/json; charset=utf-8" }),
      ...(etag && { etag, "cache-control": `${access === "none" ? "public" : "private"}, max-age=60, s-maxage=60` }),
      vary: "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
      ...budget.headers(),
      ...answered.headers,
    });
    response.end(unchanged ? undefined : text);
    record(request, unchanged ? 304 : answered.status, access);
  }

  function record(request: IncomingMessage, status: number, access: Access, host?: "storage"): void {
    const { method = "", url: path = "", headers } = request;
    requests.push({
      host: host ?? (path.startsWith("/uploads/") ? "uploads" : "api"),
      method,
      path,
      status,
      headers: Object.keys(headers),
      authorized: access === "read" || access === "write",
    });
  }

  function stateOf(repository = repositories[0]): RepositoryState {
    const state = states.find(({ fullName }) => fullName === repository);
    if (!state) throw new Error(`The double has no repository ${repository}.`);
    return state;
  }

  return {
    api,
    comments,
    setHead: (pull, commit) => void heads.set(pull, commit),
    storage: storage.origin,
    token,
    requests,
    problems,
    get leakedAuthorization() {
      return leakedAuthorization;
    },
    releases: (repository) => structuredClone(stateOf(repository).list(true)),
    refs: (repository) => [...stateOf(repository).refs],
    limit(remaining) {
      for (const budget of Object.values(budgets)) budget.set(remaining);
    },
    secondaryLimit(seconds, status = 403) {
      hurry = { seconds, status };
    },
    failNextUpload(how = "cut") {
      failing = how;
    },
    async close() {
      await Promise.all([stop(server), storage.close()]);
    },
  };
}

/** Ends the connection once the body has begun. */
async function cut(request: IncomingMessage): Promise<"cut"> {
  await new Promise((resolve) => request.once("data", resolve).once("end", resolve));
  request.socket.destroy();
  return "cut";
}
