/** What a policy repository is begun with. Each value is checked here, so that the files need no thought about what was typed. */
import { parseGitHubSource } from "../../core/bundle/sources/github.ts";
import { CordonError } from "../../core/errors.ts";
import { type ForgeKind, forgeRepository } from "../../core/forge.ts";
import { oneLine } from "../../core/words.ts";

export interface InitSettings {
  readonly forge: ForgeKind;
  /** Its page, without credentials; undefined where nobody knows it yet. */
  readonly repository: string | undefined;
  readonly publicUrl: string | undefined;
  readonly channel: string;
  /** Who reviews, as CODEOWNERS names them. */
  readonly owners: readonly string[];
  readonly action: Action;
  /** Whether the forge's own files go along: a forge reads them at the top of a repository only. */
  readonly isTop: boolean;
  readonly workflows: boolean;
}

/** Where workflows find Cordon's own action. */
export interface Action {
  /** OWNER/REPO; undefined where nobody knows where Cordon lies. */
  readonly repository: string | undefined;
  /** A commit, or what else somebody chose; undefined where none is known. */
  readonly ref: string | undefined;
  /** The version that a commit is, for people and for bots that renew it. */
  readonly version: string | undefined;
}

export const FORGES = ["github", "gitea", "gitlab"] as const satisfies readonly ForgeKind[];
/** The branch that approvals are merged into, and bundles are made of. */
export const BRANCH = "main";
/** Stands where a repository of GitHub has to be filled in. No login has brackets: any other would be somebody's to take. */
export const UNKNOWN_REPOSITORY = "<OWNER>/<REPO>";

export const DEFAULT_CHANNEL = "stable";

const CHANNEL = /^[a-z0-9][a-z0-9.-]{0,62}$/;
/** A user, a team, or an address: CODEOWNERS ends a name at white space, and begins a comment at `#`. */
const OWNER = /^(@[A-Za-z0-9][\w-]{0,99}(\/[\w.-]{1,100})?|[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,8})$/;
const MAX_SHOWN = 120;

const shown = (text: string): string => JSON.stringify(oneLine(text, MAX_SHOWN));

/** The page of the repository that an address names, without credentials. Throws USAGE. */
export function parseRepository(text: string): string {
  const page = forgeRepository(text, { kind: "github" })?.url;
  if (page === undefined)
    throw new CordonError("USAGE", `${shown(withoutToken(text))} is no address of a repository`, {
      next: "Write it like https://forge.example/acme/policies.",
    });
  if (forgeOf(page) === "github") requireSlug(page);
  return page;
}

/** As parseRepository(), of what somebody's git is set to: undefined where that is no address of a repository. */
export function originPage(origin: string | undefined): string | undefined {
  try {
    return origin === undefined ? undefined : parseRepository(origin);
  } catch {
    return undefined; // a folder, say
  }
}

/** Which forge a repository lies on; undefined where its host does not tell. */
export function forgeOf(page: string): ForgeKind | undefined {
  return forgeRepository(page)?.kind;
}

/** Throws USAGE. */
export function parseForge(text: string): ForgeKind {
  const forge = FORGES.find((forge) => forge === text);
  if (forge) return forge;
  throw new CordonError("USAGE", `${shown(text)} is no forge`, { next: `Take one of ${FORGES.join(", ")}.` });
}

/** Throws USAGE for a page of GitHub that is not OWNER/REPO: that goes into workflows. */
export function requireSlug(page: string): void {
  if (slugOf(page) !== undefined) return;
  throw new CordonError("USAGE", `${shown(page)} is no repository of GitHub`, {
    next: "Write it like https://github.com/acme/policies.",
  });
}

/** OWNER/REPO of a repository of GitHub. */
export function slugOf(url: string): string | undefined {
  const slug = new URL(url).pathname.slice(1);
  try {
    return parseGitHubSource(slug).repository === slug ? slug : undefined;
  } catch {
    return undefined;
  }
}

/** Where the repository's own workflow publishes bundles, and proxies find them; undefined where that is not known. */
export function releasesOf({ forge, repository, channel }: InitSettings): string | undefined {
  const slug = forge === "github" && repository !== undefined ? slugOf(repository) : undefined;
  return slug && `github:${slug}${channelSuffix(channel)}`;
}

/** A source of bundles names its channel where it is not the usual one. */
export function channelSuffix(channel: string): string {
  return channel === DEFAULT_CHANNEL ? "" : `@${channel}`;
}

/** Without what may be a secret in it, also where it is no URL. */
function withoutToken(text: string): string {
  return text.replace(/^.*@/s, "").replace(/[?#].*$/s, "");
}

/** Throws USAGE. */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CordonError("USAGE", `${shown(withoutToken(text))} is no address of a proxy`, {
      next: "Write it like https://packages.acme.example.",
    });
  for (const part of ["username", "password", "search", "hash"] as const) url[part] = "";
  return url.href.replace(/\/+$/, "");
}

/** Throws USAGE. */
export function parseChannel(text: string): string {
  if (CHANNEL.test(text)) return text;
  throw new CordonError("USAGE", `${shown(text)} is no name of a channel`, {
    next: "Take at most 63 lower-case letters, digits, dots and hyphens: stable.",
  });
}

/** Owners with white space or commas between them. Throws USAGE. */
export function parseOwners(text: string): string[] {
  const owners = text.split(/[\s,]+/).filter((owner) => owner !== "");
  const wrong = owners.find((owner) => !OWNER.test(owner));
  if (wrong === undefined) return [...new Set(owners)];
  throw new CordonError("USAGE", `${shown(wrong)} is nobody whom CODEOWNERS can name`, {
    next: "Write users and teams like @acme/security, or addresses of mail.",
  });
}
