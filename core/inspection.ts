/** Facts on one release that its listing does not tell: from its file, its attestations, the registry's keys, the public registry. */
import { createHash } from "node:crypto";
import type { Attestation, Package, Release } from "../schemas/types/facts.ts";
import { checkDigests, type Digests } from "./digest.ts";
import type {
  Attested,
  Ecosystem,
  ListedRelease,
  Listing,
  Question,
  ReadFile,
  ReleaseFile,
} from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";
import type { DeepSource, FactSource } from "./policy/facts.ts";
import { verifyProvenance } from "./sigstore/provenance.ts";
import type { RootSource } from "./sigstore/trusted-root.ts";
import type { RelayedAnswer, Upstream } from "./upstream.ts";
import { oneLine } from "./words.ts";

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
    case "time":
      return inspectTime(listing, release, tools);
    case "manifest":
      return inspectManifest(release, tools);
    case "file":
      return inspectFile(release, tools);
    case "digest":
      return inspectDigest(release, tools);
    case "attestations":
      return inspectAttestations(listing, release, tools);
    case "keys":
      return inspectSignature(listing, release, tools);
    case "public":
      return inspectNamesake(listing, tools);
  }
}

/** Of a file without a digest, what it says holds for the bytes that were read: their digest stands beside it. */
async function inspectFile(release: ListedRelease, { upstream, readFile }: InspectionTools): Promise<Inspected> {
  const { inspectFile } = upstream.ecosystem;
  if (!inspectFile) return {};
  const file = fileWithoutDigest(release);
  let digests: Digests | undefined;
  const read: ReadFile = (wanted) =>
    wanted === file ? readHashed(readFile(wanted), (found) => (digests = found)) : readFile(wanted);
  const found = await inspectFile(release, read);
  return { release: { ...found, ...(digests && { digests }) } };
}

async function inspectDigest(release: ListedRelease, { readFile }: InspectionTools): Promise<Inspected> {
  const file = fileWithoutDigest(release);
  if (!file) return {};
  let digests: Digests = {};
  for await (const _ of readHashed(readFile(file), (found) => (digests = found)));
  return { release: { digests } };
}

async function* readHashed(
  bytes: AsyncIterable<Uint8Array>,
  note: (digests: Digests) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  note({ sha256: hash.digest("hex") });
}

/** The one file of a release whose listing does not tell what bytes it has. */
function fileWithoutDigest({ files: [file] }: ListedRelease): ReleaseFile | undefined {
  return file?.checkedBy === "client" ? file : undefined;
}

/** The file as it was looked at: other bytes, which may come the next time, are another one. */
export function asInspected(file: ReleaseFile, inspection: Inspection | undefined): ReleaseFile {
  const digests = inspection?.found.release?.digests;
  if (file.checkedBy !== "client" || !digests) return file;
  const { packageName, name, url } = file;
  return { packageName, name, url, digests };
}

/** Throws NOT_FOUND too, for a release that there is not. */
async function inspectTime(
  { name }: Listing,
  { facts }: ListedRelease,
  { upstream }: InspectionTools,
): Promise<Inspected> {
  const { info } = upstream.ecosystem;
  // Some registries tell it in the listing of some releases, and not of others.
  if (!info || facts.published !== undefined) return {};
  const found = await askInfo(upstream, name, facts.version);
  if (!found && info.isAlwaysThere) throw new CordonError("NOT_FOUND", `the upstream registry has no ${facts.purl}`);
  if (found) requireSame(upstream.ecosystem, facts.version, found.version);
  const { published, origin } = found ?? {};
  return { release: { ...(published !== undefined && { published }), ...(origin && { origin }) } };
}

/** The time of another release must not count for this one. Throws UPSTREAM_MALFORMED. */
export function requireSame({ versions: { canonical } }: Ecosystem, asked: string, told: string): void {
  if ((canonical(told) ?? told) !== (canonical(asked) ?? asked))
    throw new CordonError("UPSTREAM_MALFORMED", `asked for ${asked}, the upstream tells of ${oneLine(told, 100)}`);
}

/**
 * What the upstream says of a version, of a branch, or of what is newest; undefined where it has no such thing. Throws
 * UPSTREAM_*, also for what cannot be read where such a document is always there: that is not the same as none.
 */
export async function askInfo(upstream: Upstream, name: string, query: string | undefined) {
  const { info } = upstream.ecosystem;
  const document = info && (await askJson(upstream.of(name), info.question(name, query)));
  if (!info || document === undefined) return undefined;
  const found = info.read(document, name);
  if (!found && info.isAlwaysThere)
    throw new CordonError("UPSTREAM_MALFORMED", `what the upstream says of ${name} ${query ?? ""} cannot be read`);
  return found;
}

/** Whether there is such a release: of one that the listing does not name, only its own document tells. Throws UPSTREAM_*. */
export async function isThere(
  upstream: Upstream,
  { name, releases }: Listing,
  { version }: ListedRelease,
): Promise<boolean> {
  if (releases.has(version) || !upstream.ecosystem.info?.isAlwaysThere) return true;
  return (await askInfo(upstream, name, version)) !== undefined;
}

async function inspectManifest(release: ListedRelease, { upstream, readFile }: InspectionTools): Promise<Inspected> {
  const { inspectManifest } = upstream.ecosystem;
  return inspectManifest ? { release: await inspectManifest(release, readFile) } : {};
}

/** Where several files are attested, each must be, and all by the same builder: a release is as good as its worst file. */
async function inspectAttestations(
  { name }: Listing,
  release: ListedRelease,
  { upstream, root }: InspectionTools,
): Promise<Inspected> {
  const { attestations } = upstream.ecosystem;
  if (!attestations) return {};
  const attested = attestations.of(release);
  if (attested.length > MAX_ATTESTED)
    return { release: { attestation: { verified: false, problem: "it has more files than are looked at" } } };
  const found: Attestation[] = [];
  for (let start = 0; start < attested.length; start += PARALLEL) {
    const asked = attested.slice(start, start + PARALLEL).map(async ({ document, ...subject }) => {
      const bundles = document ? attestations.bundles(await askFor(upstream.of(name), document)) : [];
      return verifyProvenance(bundles, subject, root.current());
    });
    found.push(...(await Promise.all(asked)));
  }
  return { release: { attestation: allOf(found) } };
}

const MAX_ATTESTED = 128;
const PARALLEL = 8;

function askFor(owner: Upstream, document: NonNullable<Attested["document"]>): Promise<unknown> {
  return "path" in document
    ? askJson(owner, document.path)
    : readJson(document.address, () => owner.named(document.address));
}

function allOf(found: readonly Attestation[]): Attestation {
  const [first = { verified: false, problem: "the registry has none" }] = found;
  const bad = found.find(({ verified }) => !verified);
  if (bad) return bad;
  const isOne = found.every(
    ({ issuer, repository, workflow }) =>
      issuer === first.issuer && repository === first.repository && workflow === first.workflow,
  );
  return isOne ? first : { verified: false, problem: "its files come from more than one builder" };
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
export function askJson(upstream: Upstream, asked: string | Question): Promise<unknown> {
  const question = typeof asked === "string" ? { method: "GET" as const, path: asked } : asked;
  return readJson(question.path, () => upstream.relay(question));
}

async function readJson(where: string, ask: () => Promise<RelayedAnswer>): Promise<unknown> {
  try {
    const { status, body } = await ask();
    // That a registry has too much to do says nothing about what it has.
    if (status !== 200)
      throw new CordonError("UPSTREAM_STATUS", `the upstream registry answered ${oneLine(where, 200)} with ${status}`);
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
  if (file.checkedBy !== "client" && !check.agrees())
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
