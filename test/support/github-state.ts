/** The releases of one repository, kept as GitHub keeps them: what may be done to them, and how each thing is answered. */
import { createHash } from "node:crypto";
import type { components } from "@octokit/openapi-types";

type Schemas = components["schemas"];

/** `starter`: an upload that did not end. GitHub answers it, and its description leaves it out. */
export type Asset = Omit<Schemas["release-asset"], "state"> & { state: "uploaded" | "open" | "starter" };
export type Release = Omit<Schemas["release"], "assets"> & { assets: Asset[] };
export type ReleaseRequest = Partial<
  Pick<Release, "tag_name" | "target_commitish" | "name" | "body" | "draft" | "prerelease">
>;

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StateOptions {
  readonly fullName: string;
  readonly id: number;
  readonly isPublic: boolean;
  readonly immutable: boolean;
  readonly shuffleTies: boolean;
  readonly api: string;
  readonly uploads: string;
  readonly now: () => Date;
  readonly commitDate: () => Date;
  /** Ids are GitHub's own, over all repositories. */
  readonly nextId: () => number;
}

export interface Upload {
  readonly name: string;
  readonly label: string | null;
  readonly contentType: string;
  /** None: the upload was cut. */
  readonly bytes?: Uint8Array;
}

export type RepositoryState = ReturnType<typeof makeRepository>;

const DOCS = "https://docs.github.com/rest";
const WEB = "https://github.invalid";

export function refuse(status: number, message: string, errors?: readonly object[]): Answer {
  return { status, body: { message, ...(errors && { errors }), documentation_url: DOCS, status: `${status}` } };
}

export const NOT_FOUND = refuse(404, "Not Found");

const invalid = (error: { resource: string; code: string; field?: string; message?: string }): Answer =>
  refuse(422, "Validation Failed", [error]);

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

export function makeRepository(options: StateOptions) {
  const { fullName, id: repositoryId, api, uploads, now, nextId } = options;
  const url = `${api}/repos/${fullName}`;
  const releases: Release[] = [];
  const contents = new Map<number, Uint8Array>();
  const refs = new Set(["heads/main"]);
  /** The tags of immutable releases that are gone: never to be used again. */
  const burnt = new Set<string>();

  const tie = ({ id }: Release): string => (options.shuffleTies ? sha256(`${id}`) : `${id}`.padStart(16, "0"));
  const newestFirst = (a: Release, b: Release): number =>
    b.created_at.localeCompare(a.created_at) || tie(b).localeCompare(tie(a));

  /** Sets what hangs on the tag, and on whether the release is published. */
  function settle(release: Release): void {
    const place = release.draft ? `untagged-${sha256(`${release.id}`).slice(0, 20)}` : release.tag_name;
    release.html_url = `${WEB}/${fullName}/releases/tag/${place}`;
    release.tarball_url = release.draft ? null : `${url}/tarball/${place}`;
    release.zipball_url = release.draft ? null : `${url}/zipball/${place}`;
    for (const asset of release.assets)
      asset.browser_download_url = `${WEB}/${fullName}/releases/download/${place}/${asset.name}`;
  }

  function whyNotPublished(tag: string, release?: Release): Answer | undefined {
    if (releases.some((other) => other !== release && !other.draft && other.tag_name === tag))
      return invalid({ resource: "Release", code: "already_exists", field: "tag_name" });
    if (burnt.has(tag))
      return invalid({
        resource: "Release",
        code: "custom",
        field: "tag_name",
        message: "tag_name was used by an immutable release",
      });
    return undefined;
  }

  function publish(release: Release): void {
    release.draft = false;
    release.immutable = options.immutable;
    release.published_at = seconds(now());
    refs.add(`tags/${release.tag_name}`);
  }

  function create(request: ReleaseRequest): Answer {
    const { tag_name: tag = "", draft = false } = request;
    const refusal = draft ? undefined : whyNotPublished(tag);
    if (refusal) return refusal;
    const id = nextId();
    const release: Release = {
      url: `${url}/releases/${id}`,
      assets_url: `${url}/releases/${id}/assets`,
      upload_url: `${uploads}/repos/${fullName}/releases/${id}/assets{?name,label}`,
      html_url: "",
      id,
      author: user(api),
      node_id: `RE_${id}`,
      tag_name: tag,
      target_commitish: request.target_commitish ?? "main",
      name: request.name ?? null,
      draft: true,
      immutable: false,
      prerelease: request.prerelease ?? false,
      created_at: seconds(options.commitDate()),
      updated_at: seconds(now()),
      published_at: null,
      assets: [],
      tarball_url: null,
      zipball_url: null,
      body: request.body ?? null,
    };
    if (!draft) publish(release);
    settle(release);
    releases.push(release);
    return { status: 201, body: release, headers: { location: release.url } };
  }

  function update(release: Release, request: ReleaseRequest): Answer {
    const { tag_name = release.tag_name, draft = release.draft, ...rest } = request;
    if (release.immutable && (draft || tag_name !== release.tag_name))
      return invalid({
        resource: "Release",
        code: "custom",
        message: `${draft ? "state" : "tag_name"} cannot be changed when release is immutable`,
      });
    const changes = release.draft || tag_name !== release.tag_name;
    const refusal = !draft && changes ? whyNotPublished(tag_name, release) : undefined;
    if (refusal) return refusal;
    const { target_commitish, name, body, prerelease } = { ...release, ...rest };
    const wasDraft = release.draft;
    Object.assign(release, { tag_name, target_commitish, name, body, prerelease, updated_at: seconds(now()) });
    if (draft) withdraw(release);
    else if (wasDraft) publish(release);
    else refs.add(`tags/${tag_name}`);
    settle(release);
    return { status: 200, body: release };
  }

  function withdraw(release: Release): void {
    release.draft = true;
    release.published_at = null;
  }

  function remove(release: Release): Answer {
    if (release.immutable) burnt.add(release.tag_name);
    for (const asset of release.assets) contents.delete(asset.id);
    releases.splice(releases.indexOf(release), 1);
    return { status: 204 };
  }

  function upload(release: Release, { name: asked, label, contentType, bytes }: Upload): Answer {
    if (release.immutable) return refuse(422, "Cannot upload assets to an immutable release.");
    const name = asked.replaceAll(/[^\w.@+-]+/g, ".").replaceAll(/^\.+|\.+$/g, "");
    if (!name) return invalid({ resource: "ReleaseAsset", code: "missing_field", field: "name" });
    if (release.assets.some((other) => other.name === name))
      return invalid({ resource: "ReleaseAsset", code: "already_exists", field: "name" });
    if (bytes?.length === 0)
      return invalid({
        resource: "ReleaseAsset",
        code: "custom",
        field: "size",
        message: "size must be greater than or equal to 1",
      });
    const id = nextId();
    const asset: Asset = {
      url: `${url}/releases/assets/${id}`,
      browser_download_url: "",
      id,
      node_id: `RA_${id}`,
      name,
      label,
      uploader: user(api),
      content_type: contentType,
      state: bytes ? "uploaded" : "starter",
      size: bytes?.length ?? 0,
      digest: bytes ? `sha256:${sha256(bytes)}` : null,
      download_count: 0,
      created_at: seconds(now()),
      updated_at: seconds(now()),
    };
    if (bytes) contents.set(id, bytes);
    release.assets.push(asset);
    settle(release);
    return { status: 201, body: asset };
  }

  function removeAsset(release: Release, asset: Asset): Answer {
    if (release.immutable) return refuse(422, "Cannot delete asset from an immutable release");
    contents.delete(asset.id);
    release.assets.splice(release.assets.indexOf(asset), 1);
    return { status: 204 };
  }

  function removeRef(ref: string): Answer {
    if (!refs.has(ref)) return refuse(422, "Reference does not exist");
    if (ref === "heads/main") return refuse(422, "Cannot delete the default branch");
    const release = releases.find((one) => !one.draft && ref === `tags/${one.tag_name}`);
    if (release?.immutable) return refuse(422, "Repository rule violations found\n\nCannot delete this tag\n\n");
    refs.delete(ref);
    // A release whose tag goes is a draft again.
    if (release) withdraw(release);
    if (release) settle(release);
    return { status: 204 };
  }

  return {
    fullName,
    id: repositoryId,
    contents: contents as ReadonlyMap<number, Uint8Array>,
    refs: refs as ReadonlySet<string>,
    list: (withDrafts: boolean): Release[] => releases.filter(({ draft }) => withDrafts || !draft).sort(newestFirst),
    describe: (): Answer => ({ status: 200, body: describeRepository(fullName, repositoryId, api, options) }),
    create,
    update,
    remove,
    upload,
    removeAsset,
    removeRef,
  };
}

export function user(api: string): Schemas["simple-user"] {
  const url = `${api}/users/octocat`;
  return {
    login: "octocat",
    id: 1,
    node_id: "MDQ6VXNlcjE=",
    avatar_url: `${WEB}/octocat.png`,
    gravatar_id: "",
    url,
    html_url: `${WEB}/octocat`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: "User",
    user_view_type: "public",
    site_admin: false,
  };
}

/** The addresses that a repository names, none of which the double answers but `releases_url`. */
const ADDRESSES = (
  "archive assignees blobs branches collaborators comments commits compare contents contributors deployments " +
  "downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels " +
  "languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags " +
  "teams trees"
).split(" ");
const COUNTS = (
  "forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count network_count " +
  "subscribers_count"
).split(" ");
const SWITCHES =
  "fork has_downloads has_issues has_projects has_wiki has_pages has_discussions archived disabled is_template".split(
    " ",
  );
const EMPTY = ["description", "homepage", "language", "mirror_url", "license"];

const each = <T>(keys: readonly string[], value: (key: string) => T): Record<string, T> =>
  Object.fromEntries(keys.map((key) => [key, value(key)]));

export function describeRepository(
  fullName: string,
  id: number,
  api: string,
  { isPublic, commitDate }: Pick<StateOptions, "isPublic" | "commitDate">,
): object {
  const [owner = "", name = ""] = fullName.split("/");
  const date = seconds(commitDate());
  const url = `${api}/repos/${fullName}`;
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: fullName,
    private: !isPublic,
    visibility: isPublic ? "public" : "private",
    owner: { ...user(api), login: owner },
    url,
    html_url: `${WEB}/${fullName}`,
    clone_url: `${WEB}/${fullName}.git`,
    svn_url: `${WEB}/${fullName}`,
    git_url: `git://github.invalid/${fullName}.git`,
    ssh_url: `git@github.invalid:${fullName}.git`,
    default_branch: "main",
    created_at: date,
    updated_at: date,
    pushed_at: date,
    ...Object.fromEntries(ADDRESSES.map((what) => [`${what}_url`, `${url}/${what.replaceAll("_", "/")}`])),
    releases_url: `${url}/releases{/id}`,
    ...each(COUNTS, () => 0),
    ...each(SWITCHES, () => false),
    ...each(EMPTY, () => null),
  };
}
