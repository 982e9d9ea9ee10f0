/**
 * Bundles as releases of a GitHub repository: one release for each revision, tagged `bundle-CHANNEL-EPOCH.REVISION`,
 * whose assets are the signed file and the blobs.
 */
import { CordonError } from "../../errors.ts";
import { createGitHub, type GitHub, type Release, type ReleasePage } from "../../github.ts";
import type { Fetch } from "../../http.ts";
import { BUNDLE_FILE, BUNDLE_LIMITS } from "../manifest.ts";
import type { BundleSource, OfferedBundle } from "../source.ts";
import { SOURCE_LIMITS } from "./http.ts";

export interface GitHubAddress {
  /** OWNER/REPO. */
  readonly repository: string;
  readonly channel: string;
}

/** Where a revision is published. */
export interface ReleaseName {
  readonly channel: string;
  readonly epoch: number;
  readonly revision: number;
}

/** Without a token there are 60 questions an hour for everybody behind one address, and unchanged answers count. */
const ANONYMOUS_POLL_SECONDS = 300;
/** A repository may publish other things as well. */
const MAX_PAGES = 5;

/** Reads `OWNER/REPO[@channel]`. Throws USAGE. */
export function parseGitHubSource(text: string): GitHubAddress {
  const match = /^([A-Za-z0-9][A-Za-z0-9-]{0,38}\/[\w.-]{1,100})(?:@([a-z0-9][a-z0-9.-]{0,62}))?$/.exec(text);
  if (!match?.[1] || /\/\.{1,2}$/.test(match[1]))
    throw new CordonError("USAGE", `github:${text} does not read github:OWNER/REPO or github:OWNER/REPO@channel`);
  return { repository: match[1], channel: match[2] ?? "stable" };
}

export function releaseTag({ channel, epoch, revision }: ReleaseName): string {
  return `bundle-${channel}-${epoch}.${revision}`;
}

export function parseReleaseTag(tag: string): ReleaseName | undefined {
  const match = /^bundle-([a-z0-9][a-z0-9.-]{0,62})-(\d{1,7})\.(\d{1,15})$/.exec(tag);
  return match?.[1] ? { channel: match[1], epoch: Number(match[2]), revision: Number(match[3]) } : undefined;
}

/** A blob's name among a release's assets, which know no folders. */
export function assetName(sha256: string): string {
  return `sha256-${sha256}`;
}

export function githubSource(
  { repository, channel }: GitHubAddress,
  fetch: Fetch,
  environment: NodeJS.ProcessEnv,
): BundleSource {
  const github = createGitHub({ repository, fetch, environment });
  let known: NewestRelease | undefined;
  return {
    name: `github:${repository}@${channel}`,
    minPollSeconds: github.hasToken ? 0 : ANONYMOUS_POLL_SECONDS,
    async poll(validator) {
      known = (await findNewest(github, channel, known?.etag)) ?? known;
      if (!known) throw noRelease(github, channel);
      // Not the list's ETag: it changes with every download that is counted, ours among them.
      const current = validatorOf(known.release);
      return current === validator ? undefined : { ...(await openRelease(github, known.release)), validator: current };
    },
  };
}

interface NewestRelease {
  readonly release: Release;
  readonly etag: string | undefined;
}

/**
 * The published release with the highest revision. What the API calls the latest is not asked: it goes by the date of
 * the commit, which several revisions may share. Undefined where the first page is still that of the ETag.
 */
async function findNewest(github: GitHub, channel: string, etag?: string): Promise<NewestRelease | undefined> {
  const first = await github.listReleases(undefined, etag);
  if (!first) return undefined;
  let page: ReleasePage | undefined = first;
  for (let pages = 1; page; pages++) {
    const [release] = releasesOf(page.releases, channel);
    if (release) return { release, etag: first.etag };
    if (page.next && pages === MAX_PAGES)
      throw new CordonError(
        "UPSTREAM_TOO_LARGE",
        `${github.repository} has so many other releases that none of channel ${channel} is among the newest`,
      );
    page = page.next ? await github.listReleases(page.next) : undefined;
  }
  throw noRelease(github, channel);
}

function noRelease({ repository }: GitHub, channel: string): CordonError {
  return new CordonError("BUNDLE_MISSING", `${repository} has no release of channel ${channel}`);
}

/** A release may be filled anew under its tag; its asset may not change without another number. */
function validatorOf({ id, assets }: Release): string {
  return `${id}/${assets.find(({ name }) => name === BUNDLE_FILE)?.id ?? ""}`;
}

/** The channel's published releases, the highest revision first. */
export function releasesOf(releases: readonly Release[], channel: string): Release[] {
  return releases
    .flatMap((release) => {
      const name = release.draft ? undefined : parseReleaseTag(release.tag_name);
      return name?.channel === channel ? [{ release, name }] : [];
    })
    .sort(({ name: a }, { name: b }) => b.epoch - a.epoch || b.revision - a.revision)
    .map(({ release }) => release);
}

async function openRelease(github: GitHub, release: Release): Promise<Omit<OfferedBundle, "validator">> {
  const readAsset = (name: string, maxBytes: number, timeoutMs: number): Promise<Uint8Array> => {
    const asset = release.assets.find((asset) => asset.name === name && asset.state === "uploaded");
    // Not that there is no bundle: who publishes next must not take this for a beginning.
    if (!asset) throw new CordonError("UPSTREAM_MALFORMED", `release ${release.tag_name} has no asset ${name}`);
    return github.download(asset.id, maxBytes, timeoutMs);
  };
  return {
    bytes: await readAsset(BUNDLE_FILE, BUNDLE_LIMITS.manifestBytes, SOURCE_LIMITS.manifestMs),
    readBlob: async (sha256, maxBytes) => readAsset(assetName(sha256), maxBytes, SOURCE_LIMITS.blobMs),
  };
}
