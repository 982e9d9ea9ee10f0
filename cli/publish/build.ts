/** From a policy repository to a signed bundle that proxies will accept. */
import type { BuiltBundle } from "../../core/bundle/build.ts";
import type { Signing } from "../../core/bundle/sign.ts";
import { buildInto, signInto } from "../bundle.ts";
import { type Repository, requireFeeds } from "../repository.ts";
import { openTrustedBundle, readPublishedBundle } from "../trusted-bundle.ts";
import { readSignedBundle } from "./publish.ts";
import type { PublishTarget, SignedBundle } from "./target.ts";

export interface SuccessorOptions {
  /** The policy repository, as it was checked or as a folder. */
  readonly repository: Repository | string;
  readonly out: string;
  readonly target: PublishTarget;
  /** The trust policy's file. */
  readonly trust: string;
  readonly signing: Signing;
  readonly version: string;
}

/** Builds the bundle that follows what `target` has, and signs it. Throws what reading, building and signing throw. */
export async function buildSuccessor({
  repository,
  out,
  target,
  trust,
  signing,
  version,
}: SuccessorOptions): Promise<BuiltBundle> {
  const previous = (await readPublishedBundle(target.source, trust)) ?? null;
  const read = typeof repository === "string" ? await requireFeeds(repository) : repository;
  const built = await buildInto(read, { out, revision: undefined, previous, now: new Date(), version });
  await signInto(out, signing);
  return built;
}

/** The bundle in `out`, once the trust policy has accepted it: what a proxy would refuse must not take the place of what it accepts. */
export async function readAcceptedBundle(out: string, trust: string): Promise<SignedBundle> {
  await openTrustedBundle(`dir:${out}`, trust);
  return readSignedBundle(out);
}
