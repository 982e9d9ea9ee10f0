/**
 * A forge on loopback: a real git server for one repository, acme/policies, and the pull requests of GitHub, Gitea or
 * GitLab over it. Answers are held to the forge's description of its API: at run time for GitHub, by types for the others.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen, originOf, parse, read, stop } from "../github-http.ts";
import type { Answer } from "../github-state.ts";
import type { Dialect, Surroundings } from "./dialect.ts";
import { type GitServer, makeGitServer } from "./git-server.ts";
import { giteaDialect } from "./gitea.ts";
import { githubDialect } from "./github.ts";
import { gitlabDialect } from "./gitlab.ts";
import { makePullRequests, type PullRequest } from "./pull-requests.ts";

export type ForgeKind = "github" | "gitea" | "gitlab";

export interface ForgeOptions {
  readonly kind: ForgeKind;
  /** What the first commit of `main` holds. */
  readonly files?: Readonly<Record<string, string>>;
  readonly now?: () => Date;
}

export interface ForgeRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

export interface Forge extends Pick<GitServer, "git" | "tipOf" | "protect"> {
  readonly kind: ForgeKind;
  /** The repository's page; with `.git` at the end, what is cloned. */
  readonly page: string;
  /** Who may push and clone. */
  readonly account: { readonly name: string; readonly password: string };
  /** May read and write; `readToken` may only read. */
  readonly token: string;
  readonly readToken: string;
  /** The variable that holds a token for this kind. */
  readonly tokenVariable: string;
  /** What the API was asked, in order. */
  readonly requests: readonly ForgeRequest[];
  /** Where a request or an answer is not as the forge describes it. */
  readonly problems: readonly string[];
  pulls(): readonly PullRequest[];
  /** Merges on the server; gives the commit. */
  merge(number: number): string;
  /** Answers what the API is asked next in this way, once. */
  answerNext(answer: "too many" | Answer): void;
  close(): Promise<void>;
}

const REPOSITORY = "acme/policies";
const MAX_BODY = 4 << 20;
const DIALECTS: Readonly<Record<ForgeKind, (surroundings: Surroundings) => Dialect>> = {
  github: githubDialect,
  gitea: giteaDialect,
  gitlab: gitlabDialect,
};

export async function startForge({ kind, files = {}, now = () => new Date() }: ForgeOptions): Promise<Forge> {
  const [token, readToken] = ["a-token-that-writes", "a-token-that-reads"];
  const account = { name: "dev", password: "the-password-of-dev" };
  const basic = `Basic ${Buffer.from(`${account.name}:${account.password}`).toString("base64")}`;
  const requests: ForgeRequest[] = [];
  const problems: string[] = [];
  const server = await listen((request, response) => {
    handle(request, response).catch((error: unknown) => {
      problems.push(`the double failed: ${error}`);
      response.destroy();
    });
  });
  const origin = originOf(server);
  const repository = makeGitServer(`${REPOSITORY}.git`, files);
  const pulls = makePullRequests(repository, now);
  const report = (problem: string) => void problems.push(problem);
  const dialect = DIALECTS[kind]({ origin, fullName: REPOSITORY, requests: pulls, report });
  let next: Answer | undefined;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    if (url.pathname.startsWith(`/${REPOSITORY}.git/`)) {
      if (request.headers.authorization === basic) return repository.handle(request, response);
      return void response.writeHead(401, { "www-authenticate": 'Basic realm="forge"' }).end();
    }
    const bytes = await read(request, MAX_BODY);
    const body = typeof bytes === "string" || bytes.length === 0 ? undefined : parse(bytes);
    const { status, body: answered, headers } = answer(request, url, body);
    requests.push({ method: request.method ?? "", path: `${url.pathname}${url.search}`, status, body });
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(answered));
  }

  function answer({ method = "", headers }: IncomingMessage, url: URL, body: unknown): Answer {
    const { refusals, operations } = dialect;
    const given = dialect.tokenIn(headers);
    if (given !== token && given !== readToken) return refusals.badToken;
    if (method !== "GET" && given === readToken) return refusals.mayNotWrite;
    if (next) {
      const answered = next;
      next = undefined;
      return answered;
    }
    const operation = operations.find((one) => one.method === method && one.path.test(url.pathname));
    if (!operation) {
      report(`${method} ${url.pathname}: not an operation of the double`);
      return refusals.notFound;
    }
    const number = operation.path.exec(url.pathname)?.[1];
    return operation.answer({ url, body, found: number === undefined ? undefined : pulls.find(Number(number)) });
  }

  return {
    kind,
    page: `${origin}/${REPOSITORY}`,
    account,
    token,
    readToken,
    tokenVariable: dialect.tokenVariable,
    requests,
    problems,
    git: repository.git,
    tipOf: repository.tipOf,
    protect: repository.protect,
    pulls: () => structuredClone(pulls.list()),
    merge: pulls.merge,
    answerNext(given) {
      next = given === "too many" ? dialect.refusals.tooMany(3600) : given;
    },
    async close() {
      await stop(server);
      repository.close();
    },
  };
}
