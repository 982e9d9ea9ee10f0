/** Which forge hosts a repository, and with which token it is asked. */
import { CordonError } from "../../core/errors.ts";
import type { ForgeRepository } from "../../core/forge.ts";
import { createGitHub } from "../../core/github.ts";
import type { Fetch } from "../../core/http.ts";
import { openApi } from "./api.ts";
import type { Forge } from "./forge.ts";
import { giteaForge } from "./gitea.ts";
import { githubForge } from "./github.ts";
import { gitlabForge } from "./gitlab.ts";

export interface ForgeOptions {
  readonly fetch: Fetch;
  readonly environment: NodeJS.ProcessEnv;
  /** Where its API is; left out: where that kind of forge has it. */
  readonly api: string | undefined;
}

/** Variables that may hold the token, the first that is set counts. */
export const TOKENS = {
  github: ["GITHUB_TOKEN", "GH_TOKEN"],
  gitea: ["GITEA_TOKEN", "FORGEJO_TOKEN"],
  gitlab: ["GITLAB_TOKEN"],
} as const;

/** Says of a failure what to do about it, with the variable that the token came from. */
function adviseOn(error: unknown, variable: string): unknown {
  const next = error instanceof CordonError ? adviceOn(error, variable) : undefined;
  return error instanceof CordonError && next !== undefined
    ? new CordonError(error.code, error.message, { cause: error, next })
    : error;
}

function adviceOn({ code }: CordonError, variable: string): string | undefined {
  switch (code) {
    case "SOURCE_DENIED":
      return `Check the token in ${variable}: it has to be good, and to be allowed to write pull requests of the policy repository.`;
    case "NOT_FOUND":
      return `Check \`repository\` and \`forge\` in cordon.yaml, and what the token in ${variable} may see.`;
    case "UPSTREAM_STATUS":
    case "ALREADY_EXISTS":
      return "Look at what the forge says.";
    case "UPSTREAM_UNREACHABLE":
      return "Check that the forge can be reached from here, and `forge.api` in cordon.yaml.";
    default:
      return undefined;
  }
}

function withAdvice(forge: Forge, variable: string): Forge {
  const asked = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw adviseOn(error, variable);
    }
  };
  return {
    list: () => asked(forge.list()),
    open: (branch, text) => asked(forge.open(branch, text)),
    update: (request, text) => asked(forge.update(request, text)),
    close: (request) => asked(forge.close(request)),
  };
}

/** Undefined without a token: then everything is done that needs none. Throws USAGE. */
export function openForge(repository: ForgeRepository, options: ForgeOptions): Forge | undefined {
  const variable = TOKENS[repository.kind].find((name) => options.environment[name]);
  const token = variable && options.environment[variable];
  return variable === undefined || !token
    ? undefined
    : withAdvice(open(repository, options, variable, token), variable);
}

function open(
  { kind, url, branch }: ForgeRepository,
  { fetch, environment, api }: ForgeOptions,
  variable: string,
  token: string,
): Forge {
  const page = new URL(url);
  const path = page.pathname.replace(/^\/+/, "");
  switch (kind) {
    case "github": {
      const named = api ?? environment["GITHUB_API_URL"] ?? githubApi(page);
      const settings = { ...environment, ...(named && { GITHUB_API_URL: named }) };
      return githubForge(createGitHub({ repository: path, fetch, environment: settings }), branch);
    }
    case "gitea": {
      const top = apiUrl(api ?? `${page.origin}/api/v1`);
      return giteaForge(
        openApi({ url: top, fetch, authorization: ["authorization", `token ${token}`], variable }),
        path,
        branch,
      );
    }
    case "gitlab": {
      const top = apiUrl(api ?? `${page.origin}/api/v4`);
      return gitlabForge(openApi({ url: top, fetch, authorization: ["private-token", token], variable }), path, branch);
    }
  }
}

/** An enterprise server has it below its own name; undefined for the public one. */
function githubApi({ origin, hostname }: URL): string | undefined {
  return hostname === "github.com" ? undefined : `${origin}/api/v3`;
}

function apiUrl(text: string): URL {
  if (!URL.canParse(text)) throw new CordonError("USAGE", `forge.api is no URL: ${JSON.stringify(text)}`);
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/`;
  return url;
}
