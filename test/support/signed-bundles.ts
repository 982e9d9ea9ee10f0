/** Bundles that are built, signed and fresh, as a publisher reads them from a directory. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { SignedBundle } from "../../cli/publish/target.ts";
import type { BuildInput } from "../../core/bundle/build.ts";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { openBundle } from "../../core/bundle/open.ts";
import { keySigning, signStatement } from "../../core/bundle/sign.ts";
import type { BundleSource } from "../../core/bundle/source.ts";
import { toTrust } from "../../core/bundle/trust.ts";
import { verifyBundle } from "../../core/bundle/verify.ts";
import { writeBlobs, writeSignedBundle } from "../../core/bundle/write.ts";
import { sha256 } from "../../core/digest.ts";
import { makeBundle } from "./bundles.ts";
import { policyFile } from "./policies.ts";

export interface Signer {
  /** In PEM, for a trust file. */
  readonly publicKey: string;
  /** Made now, and fresh for an hour. */
  sign(changes?: Partial<BuildInput>): Promise<SignedBundle>;
  /** The revision after `before`, built on top of it. */
  follow(before: SignedBundle, changes?: Partial<BuildInput>): Promise<SignedBundle>;
}

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPair();
  const signer: Signer = {
    publicKey,
    async sign(changes = {}) {
      const { statement, blobs } = makeBundle({ created: new Date(), ...changes });
      const bytes = Buffer.from(JSON.stringify(statement));
      return {
        manifest: statement.predicate,
        digest: sha256(bytes),
        bytes: Buffer.from(await signStatement(bytes, keySigning(privateKey, "test"))),
        readBlob: (digest) => blobs.get(digest) ?? new Uint8Array(),
      };
    },
    follow: ({ manifest, digest }, changes = {}) =>
      signer.sign({ epoch: manifest.epoch, revision: manifest.revision + 1, previous: digest, ...changes }),
  };
  return signer;
}

/** A policy part of its own for each name; the advisories stay the same. */
export function withPolicy(name: string): Pick<BuildInput, "source"> {
  const rule = `  rules: [{ name: r, condition: 'pkg.name == "${name}"', verdict: block, message: Not this one. }]`;
  return { source: { policies: [policyFile(name, rule)], lists: [], approvals: [] } };
}

/** The digests of a bundle's parts as they are transported, in order. */
export function blobsOf({ manifest }: SignedBundle): string[] {
  return manifest.parts.map(({ gzip }) => gzip.sha256);
}

/** Writes the bundle as `cordon bundle sign` leaves it. */
export function writeTo(dir: string, bundle: SignedBundle): string {
  mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
  writeBlobs(dir, new Map(blobsOf(bundle).map((digest) => [digest, bundle.readBlob(digest)])));
  writeSignedBundle(dir, bundle.bytes);
  return dir;
}

/** The digest of what a source offers, once it is verified and opened as a proxy would do it. */
export async function openFrom(source: BundleSource, publicKey: string): Promise<string> {
  const offered = await source.poll(undefined);
  if (!offered) throw new Error(`${source.name} offers nothing`);
  const verified = verifyBundle(offered.bytes, toTrust({ keys: [publicKey] }, "test"), new Date());
  await openBundle(verified, offered.readBlob);
  return verified.digest;
}
