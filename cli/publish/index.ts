/** The kinds of targets: those of sources, as far as they can be written to. */
import { parseGitHubSource } from "../../core/bundle/sources/github.ts";
import { splitAddress } from "../../core/bundle/sources/index.ts";
import { CordonError } from "../../core/errors.ts";
import { createFetch, type Fetch } from "../../core/http.ts";
import { directoryTarget } from "./directory.ts";
import { githubTarget } from "./github.ts";
import { httpTarget } from "./http.ts";
import type { PublishTarget } from "./target.ts";

export interface TargetOptions {
  readonly keep: number;
  readonly fetch?: Fetch;
  readonly environment?: NodeJS.ProcessEnv;
}

/** `dir:PATH` or a plain path, `https://…`, `github:OWNER/REPO[@channel]`. Throws USAGE for anything else. */
export function publishTarget(text: string, { keep, fetch, environment = process.env }: TargetOptions): PublishTarget {
  const send = fetch ?? createFetch(4);
  const { kind, rest } = splitAddress(text);
  switch (kind) {
    case undefined:
      return directoryTarget(text);
    case "dir":
      return directoryTarget(rest);
    case "https":
    case "http":
      return httpTarget(text, send, environment["CORDON_BUNDLE_TOKEN"]);
    case "github":
      return githubTarget(parseGitHubSource(rest), { fetch: send, environment, keep });
    default:
      throw new CordonError(
        "USAGE",
        `${JSON.stringify(text)} is no target: write dir:PATH, https://… or github:OWNER/REPO[@channel]`,
      );
  }
}
