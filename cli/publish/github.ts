/**
 * Releases of a GitHub repository as a target. A release is a draft until all its assets are there; publishing the draft
 * is the one step that others see, and GitHub lets only one release have a tag. It works with immutable releases.
 */
import { setTimeout } from "node:timers/promises";
import { BUNDLE_FILE, revisionOf } from "../../core/bundle/manifest.ts";
import type { BundleSource } from "../../core/bundle/source.ts";
import {
  assetName,
  type GitHubAddress,
  githubSource,
  parseReleaseTag,
  type ReleaseName,
  releasesOf,
  releaseTag,
} from "../../core/bundle/sources/github.ts";
import { sha256 } from "../../core/digest.ts";
import { CordonError, messageOf } from "../../core/errors.ts";
import { type Asset, createGitHub, type GitHub, type Release, toRelease } from "../../core/github.ts";
import type { Fetch } from "../../core/http.ts";
import { ServerBusy } from "../../core/server-busy.ts";
import { parseUnverified } from "../bundle.ts";
import { readPublished } from "../trusted-bundle.ts";
import type { PublishTarget, Report, SignedBundle } from "./target.ts";

export interface GitHubTargetOptions {
  readonly fetch: Fetch;
  readonly environment: NodeJS.ProcessEnv;
  /** How many releases of the channel stay; older ones are deleted with their tags. */
  readonly keep: number;
}

/** The longest that a publisher waits because of a rate limit. */
const MAX_WAIT_MS = 2 * 60_000;
const TRIES = 3;
const MAX_PAGES = 10;

/** Throws SOURCE_DENIED where there is no token. */
export function githubTarget(address: GitHubAddress, { fetch, environment, keep }: GitHubTargetOptions): PublishTarget {
  const github = createGitHub({ repository: address.repository, fetch, environment });
  const published = githubSource(address, fetch, environment);
  const source: BundleSource = { ...published, poll: (validator) => politely(() => published.poll(validator)) };
  if (!github.hasToken)
    throw new CordonError("SOURCE_DENIED", `publishing to ${source.name} needs a token in GITHUB_TOKEN`);
  return {
    source,
    async publish(bundle, admit, report) {
      const { channel, epoch, revision } = bundle.manifest;
      if (channel !== address.channel)
        throw new CordonError("BUNDLE_CHANNEL", `the bundle is for channel ${channel}, and ${source.name} is another`);
      const name: ReleaseName = { channel, epoch, revision };
      const draft = await openDraft(github, name, bundle);
      let url: string | undefined;
      try {
        await uploadAssets(github, draft, bundle, report);
        admit((await readPublished(source))?.bytes);
        url = await publishDraft(github, draft, channel);
      } catch (error) {
        if (!isOvertaken(error)) throw error;
        const found = (await readPublished(source))?.bytes;
        admit(found);
        // The tag is taken, or the draft gone, and not by this bundle: nobody knows who did it.
        if (!found || digestOf(found) !== bundle.digest) throw error;
      }
      report(releaseTag(name), url === undefined ? "there already" : "sent");
      await prune(github, address.channel, keep, draft, report);
      return { url: url ?? null };
    },
  };
}

/** Whether somebody else may have published meanwhile: the tag is taken, or the draft was removed as being over. */
function isOvertaken(error: unknown): error is CordonError {
  return error instanceof CordonError && ["ALREADY_EXISTS", "NOT_FOUND"].includes(error.code);
}

function digestOf(published: Uint8Array): string | undefined {
  const found = parseUnverified(Buffer.from(published).toString("utf8"));
  return found && sha256(found.statement);
}

/** The draft that an earlier attempt at this very bundle left, or a new one. */
async function openDraft(github: GitHub, name: ReleaseName, { manifest, digest }: SignedBundle): Promise<Release> {
  const tag = releaseTag(name);
  const left = (await listAll(github)).find(
    (release) => release.draft && release.tag_name === tag && release.body?.includes(digest),
  );
  if (left) return left;
  const { repository, commit } = manifest.source;
  const isOwnCommit = commit !== null && repository?.replace(/\.git$/, "").endsWith(`/${github.repository}`);
  const created = await politely(() =>
    github.send("POST", "/releases", {
      tag_name: tag,
      ...(isOwnCommit && { target_commitish: commit }),
      name: `Policy bundle ${name.epoch}.${name.revision} (${name.channel})`,
      body: describeBundle(name, digest, manifest.created, manifest.expires),
      draft: true,
    }),
  );
  return toRelease(github.repository, created);
}

function describeBundle(name: ReleaseName, digest: string, created: string, expires: string) {
  return [
    `Channel ${name.channel}, ${revisionOf(name)}, made ${created}, fresh until ${expires}.`,
    `Statement: sha256:${digest}`,
    "",
    `\`${BUNDLE_FILE}\` is the signed manifest; each other asset is a part, named by its digest.`,
  ].join("\n");
}

/** Blobs first. What lies in the draft already with the right bytes is left; an upload that was cut short is replaced. */
async function uploadAssets(github: GitHub, draft: Release, bundle: SignedBundle, report: Report): Promise<void> {
  const wanted = bundle.manifest.parts.map(({ name, gzip }) => ({
    label: name,
    name: assetName(gzip.sha256),
    bytes: bundle.readBlob(gzip.sha256),
  }));
  // Two parts may have the same bytes.
  const assets = [...new Map(wanted.map((asset) => [asset.name, asset])).values()];
  for (const { label, name, bytes } of [...assets, { label: BUNDLE_FILE, name: BUNDLE_FILE, bytes: bundle.bytes }])
    report(label, (await uploadAsset(github, draft, name, bytes)) ? "sent" : "there already");
}

/** False where the asset is there. */
async function uploadAsset(github: GitHub, draft: Release, name: string, bytes: Uint8Array): Promise<boolean> {
  let assets: readonly Asset[] = draft.assets;
  for (let tries = 1; ; tries++) {
    const found = assets.find((asset) => asset.name === name);
    if (found && isWhole(found, bytes)) return tries > 1;
    if (found) await remove(github, `/releases/assets/${found.id}`);
    try {
      await politely(() => github.upload(draft, name, bytes));
      return true;
    } catch (error) {
      if (tries === TRIES || !(error instanceof CordonError) || !isWorthAnotherTry(error)) throw error;
      assets = (await politely(() => readRelease(github, draft.id))).assets;
    }
  }
}

function isWhole({ state, size, digest }: Asset, bytes: Uint8Array): boolean {
  if (state !== "uploaded" || size !== bytes.length) return false;
  // Older servers give no digest: then the bytes are sent again rather than trusted.
  return digest === `sha256:${sha256(bytes)}`;
}

function isWorthAnotherTry({ code }: CordonError): boolean {
  return ["UPSTREAM_UNREACHABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_STATUS", "ALREADY_EXISTS"].includes(code);
}

async function readRelease(github: GitHub, id: number): Promise<Release> {
  return toRelease(github.repository, await github.send("GET", `/releases/${id}`));
}

/** The release's page. */
async function publishDraft(github: GitHub, { id }: Release, channel: string): Promise<string> {
  // What a repository that also releases something else calls its latest is not ours to say.
  const isShared = (await listAll(github)).some(({ draft, tag_name }) => !draft && !parseReleaseTag(tag_name));
  const make_latest = channel === "stable" && !isShared ? "true" : "false";
  const answer = await politely(() => github.send("PATCH", `/releases/${id}`, { draft: false, make_latest }));
  return toRelease(github.repository, answer).html_url;
}

/**
 * Deletes what is past `keep`, and drafts of revisions that were published or overtaken. Never throws for what cannot be
 * deleted: the bundle is published, and what is too much harms nobody.
 */
async function prune(github: GitHub, channel: string, keep: number, ours: Release, report: Report): Promise<void> {
  const isOver = (release: Release): boolean => {
    const [name, own] = [parseReleaseTag(release.tag_name), parseReleaseTag(ours.tag_name)];
    if (!release.draft || !name || !own || name.channel !== channel) return false;
    return (name.epoch - own.epoch || name.revision - own.revision) <= 0;
  };
  try {
    const releases = await listAll(github);
    const published = releasesOf(releases, channel);
    for (const release of [...published.slice(Math.max(keep, 1)), ...releases.filter(isOver)]) {
      await remove(github, `/releases/${release.id}`);
      if (!release.draft) await deleteTag(github, release.tag_name);
      report(`${release.tag_name}${release.draft ? " (a draft)" : ""}`, "removed");
    }
  } catch (error) {
    report(`old releases (${messageOf(error)})`, "not removed");
  }
}

async function deleteTag(github: GitHub, tag: string): Promise<void> {
  try {
    await remove(github, `/git/refs/tags/${tag}`);
  } catch (error) {
    // Gone already, or protected: a tag without its release harms nobody.
    if (!(error instanceof CordonError) || error.code !== "UPSTREAM_STATUS") throw error;
  }
}

/** Deletes what may be gone already: another publisher cleans up as well. */
async function remove(github: GitHub, path: string): Promise<void> {
  try {
    await politely(() => github.send("DELETE", path));
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "NOT_FOUND") throw error;
  }
}

async function listAll(github: GitHub): Promise<Release[]> {
  const releases: Release[] = [];
  let next: URL | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await politely(() => github.listReleases(next));
    releases.push(...(page?.releases ?? []));
    next = page?.next;
    if (!next) break;
  }
  return releases;
}

/** Waits as long as the server asks, and tries again; not for longer than two minutes. */
async function politely<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const waitMs = error instanceof ServerBusy ? error.retryAt.getTime() - Date.now() : Number.POSITIVE_INFINITY;
      if (tries === TRIES || waitMs > MAX_WAIT_MS) throw error;
      await setTimeout(Math.max(waitMs, 0) + 500);
    }
  }
}
