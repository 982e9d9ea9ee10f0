/** Facts on one release that its listing does not tell: from its file, its attestations, the registry's keys, the public registry. */
import type { Package, Release } from "../schemas/types/facts.ts";
import { checkDigests } from "./digest.ts";
import type { ListedRelease, Listing, ReadFile, ReleaseFile } from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";
import type { DeepSource, FactSource } from "./policy/facts.ts";
import { verifyProvenance } from "./sigstore/provenance.ts";
import type { RootSource } from "./sigstore/trusted-root.ts";
import type { Upstream } from "./upstream.ts";

/** Facts that take the place of the listing's, or stand beside them. */
export interface Inspected {
  readonly pkg?: Partial<Package>;
  readonly release?: Partial<Release>;
}

/** What was found, and in which documents. */
export interface Inspection {
  readonly found: Inspected;
  readonly sources: ReadonlySet<FactSource>;
}

export interface InspectionTools {
  readonly upstream: Upstream;
  /** The bytes of a file, checked against its digests by the time that they end. Throws what the upstream throws, and DIGEST_MISMATCH. */
  readonly readFile: ReadFile;
  /** The keys of the registry that has the package; kept for a while. Throws what the upstream throws. */
  readonly readKeys: (name: string) => Promise<unknown>;
  /** Whose certificates count for attestations. Throws TRUST_INVALID. */
  readonly root: Pick<RootSource, "current">;
}

/** What one source tells of a release; nothing where the ecosystem has no such thing. Throws UPSTREAM_*, DIGEST_MISMATCH. */
export function inspect(
  source: DeepSource,
  listing: Listing,
  release: ListedRelease,
  tools: InspectionTools,
): Promise<Inspected> {
  switch (source) {
    case "manifest":
      return inspectManifest(release, tools);
    case "file":
      return inspectFile(release, tools);
    case "attestations":
      return inspectAttestations(listing, release, tools);
    case "keys":
      return inspectSignature(listing, release, tools);
    case "public":
      return inspectNamesake(listing, tools);
  }
}

async function inspectFile(release: ListedRelease, { upstream, readFile }: InspectionTools): Promise<Inspected> {
  const { inspectFile } = upstream.ecosystem;
  return inspectFile ? { release: await inspectFile(release, readFile) } : {};
}

async function inspectManifest(release: ListedRelease, { upstream, readFile }: InspectionTools): Promise<Inspected> {
  const { inspectManifest } = upstream.ecosystem;
  return inspectManifest ? { release: await inspectManifest(release, readFile) } : {};
}

async function inspectAttestations(
  { name }: Listing,
  { facts }: ListedRelease,
  { upstream, root }: InspectionTools,
): Promise<Inspected> {
  const { attestations } = upstream.ecosystem;
  if (!attestations) return {};
  const bundles = facts.provenance?.present
    ? attestations.bundles(await askJson(upstream.of(name), attestations.path(name, facts.version)))
    : [];
  const subject = { purl: facts.purl, digests: facts.digests ?? {} };
  return { release: { attestation: verifyProvenance(bundles, subject, root.current()) } };
}

async function inspectSignature(
  listing: Listing,
  release: ListedRelease,
  { upstream, readKeys }: InspectionTools,
): Promise<Inspected> {
  const { signatures } = upstream.ecosystem;
  if (!signatures) return {};
  return { release: { signature: signatures.verify(release, await readKeys(listing.name)) } };
}

async function inspectNamesake({ name, pkg }: Listing, { upstream }: InspectionTools): Promise<Inspected> {
  return pkg.private ? { pkg: { alsoPublic: await upstream.isPublic(name) } } : {};
}

/** A document of a registry; undefined where it has none. Throws UPSTREAM_*. */
export async function askJson(upstream: Upstream, path: string): Promise<unknown> {
  try {
    const { status, body } = await upstream.relay({ method: "GET", path });
    // That a registry has too much to do says nothing about what it has.
    if (status !== 200)
      throw new CordonError("UPSTREAM_STATUS", `the upstream registry answered ${path} with ${status}`);
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (error) {
    if (error instanceof CordonError && error.code === "NO_ENDPOINT") return undefined;
    throw error;
  }
}

/** As `readFile` wants it, straight from the upstream. */
export async function* readChecked(upstream: Upstream, file: ReleaseFile): AsyncGenerator<Uint8Array> {
  const check = checkDigests(file.digests);
  const { body } = await upstream.file(file);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      check.update(chunk);
      yield chunk;
    }
  } finally {
    body.destroy();
  }
  if (!check.agrees())
    throw new CordonError(
      "DIGEST_MISMATCH",
      `the bytes of ${file.name} are not those that the registry's metadata names`,
    );
}

export function merge(all: readonly Inspected[]): Inspected {
  return {
    pkg: Object.assign({}, ...all.map(({ pkg }) => pkg)),
    release: Object.assign({}, ...all.map(({ release }) => release)),
  };
}
