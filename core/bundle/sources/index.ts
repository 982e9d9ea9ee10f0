/** The kinds of sources. One more is a file here and a line below. */
import { CordonError } from "../../errors.ts";
import { createFetch, type Fetch } from "../../http.ts";
import type { BundleSource } from "../source.ts";
import { directorySource } from "./directory.ts";
import { githubSource, parseGitHubSource } from "./github.ts";
import { httpSource } from "./http.ts";

export interface SourceOptions {
  readonly fetch?: Fetch;
  /** Where tokens are read from, and the address of GitHub's API. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** `dir:PATH` or a plain path, `https://…`, `github:OWNER/REPO[@channel]`. Throws USAGE for anything else. */
export function bundleSource(text: string, options: SourceOptions = {}): BundleSource {
  const { fetch = createFetch(4), environment = process.env } = options;
  const { kind, rest } = splitAddress(text);
  switch (kind) {
    case undefined:
      return directorySource(text);
    case "dir":
      return directorySource(rest);
    case "https":
    case "http":
      return httpSource(text, fetch, environment["CORDON_BUNDLE_TOKEN"]);
    case "github":
      return githubSource(parseGitHubSource(rest), fetch, environment);
    default:
      throw new CordonError(
        "USAGE",
        `${JSON.stringify(text)} is no bundle source: write dir:PATH, https://… or github:OWNER/REPO[@channel]`,
      );
  }
}

/** `KIND:REST`; a plain path has no kind. */
export function splitAddress(text: string): { kind: string | undefined; rest: string } {
  const [, kind, rest = ""] = /^([a-z][a-z0-9+]+):(.*)$/s.exec(text) ?? [];
  return { kind, rest };
}
