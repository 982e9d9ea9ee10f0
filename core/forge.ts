/** The site that hosts the policy repository: its addresses for people. Nothing here asks it anything. */
import type { ForgeSettings } from "../schemas/types/cordon.ts";

export type ForgeKind = NonNullable<ForgeSettings["kind"]>;

/** A repository on a forge. */
export interface ForgeRepository {
  readonly kind: ForgeKind;
  /** Its page, without a slash or `.git` at the end. */
  readonly url: string;
  /** The branch that approvals are merged into. */
  readonly branch: string;
}

/** Longer addresses are refused by some forge, or by a proxy in between. */
const MAX_URL = 7000;
/** Where nothing else is said. */
const BRANCH = "main";

/**
 * The repository's page, from its https address, or from git's own spelling of it (`git@host:owner/name.git`, `ssh://…`);
 * undefined for what is on no forge that is known: a path, another host without `kind`.
 */
export function forgeRepository(
  repository: string | null | undefined,
  { kind, branch = BRANCH }: ForgeSettings = {},
): ForgeRepository | undefined {
  const url = repository ? pageOf(repository) : undefined;
  const found = url && (kind ?? kindOf(url.hostname));
  if (!url || !found) return undefined;
  return { kind: found, url: url.href.replace(/\/+$/, "").replace(/\.git$/, ""), branch };
}

function pageOf(text: string): URL | undefined {
  const [, host, path] = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+\/|[:/])(.+)$/.exec(text) ?? [];
  const address = host !== undefined && path !== undefined ? `https://${host}/${path.replace(/^\/+/, "")}` : text;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  // A token that somebody wrote into the address is for nobody's eyes.
  for (const part of ["username", "password", "search", "hash"] as const) url[part] = "";
  return url;
}

/** By the host's own name; an installation that is named otherwise says its kind in cordon.yaml. */
function kindOf(host: string): ForgeKind | undefined {
  const labels = host.toLowerCase().split(".");
  if (labels.includes("github")) return "github";
  if (labels.includes("gitlab")) return "gitlab";
  return labels.some((label) => ["gitea", "forgejo", "codeberg"].includes(label)) ? "gitea" : undefined;
}

/** A line of a file as it was at a commit. */
export function lineUrl({ kind, url }: ForgeRepository, commit: string, path: string, line: number): string {
  const at = { github: "/blob/", gitlab: "/-/blob/", gitea: "/src/commit/" }[kind];
  return `${url}${at}${encodeURIComponent(commit)}/${encodePath(path)}#L${line}`;
}

/** The page on which a branch is proposed for merging. */
export function compareUrl({ kind, url, branch }: ForgeRepository, from: string): string {
  if (kind === "gitlab") {
    const query = new URLSearchParams({
      "merge_request[source_branch]": from,
      "merge_request[target_branch]": branch,
    });
    return `${url}/-/merge_requests/new?${query}`;
  }
  return `${url}/compare/${encodePath(branch)}...${encodePath(from)}${kind === "github" ? "?expand=1" : ""}`;
}

/**
 * The page on which somebody who is signed in there writes a new file, filled in as far as the forge takes it: GitLab takes
 * the name only. Undefined where the address would be too long.
 */
export function newFileUrl(
  { kind, url, branch }: ForgeRepository,
  { path, text }: { readonly path: string; readonly text: string },
): string | undefined {
  const at = { github: "/new/", gitlab: "/-/new/", gitea: "/_new/" }[kind];
  const query =
    kind === "gitlab" ? new URLSearchParams({ file_name: path }) : new URLSearchParams({ filename: path, value: text });
  // A plus would stand for itself where a forge reads the query as a path.
  const address = `${url}${at}${encodePath(branch)}?${query.toString().replaceAll("+", "%20")}`;
  return address.length <= MAX_URL ? address : undefined;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
