/** Packuments and tarballs as an npm registry has them, made to measure. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { RegistryKey } from "./registry-key.ts";

export interface FixtureRelease {
  readonly version: string;
  /** RFC 3339; null: the registry does not say. */
  readonly published?: string | null;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly deprecated?: string;
  /** Of the tarball, besides package.json. */
  readonly files?: Readonly<Record<string, string>>;
  /** The registry's own signature on it, as `dist.signatures`. */
  readonly signedBy?: Pick<RegistryKey, "sign">;
  /** Replaces or adds fields of the manifest's `dist`. */
  readonly dist?: Readonly<Record<string, unknown>>;
  /** Replaces or adds fields of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

export interface FixturePackage {
  readonly name: string;
  readonly releases: readonly FixtureRelease[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Replaces or adds fields of the document. */
  readonly document?: Readonly<Record<string, unknown>>;
}

export const OLD = "2020-01-01T00:00:00.000Z";

/** The document as `GET /NAME` answers it. */
export function packument(pkg: FixturePackage, registry = "https://registry.example"): Record<string, unknown> {
  const { name, releases, tags, document } = pkg;
  const time: Record<string, string> = { created: OLD, modified: "2026-11-01T00:00:00.000Z" };
  for (const { version, published = OLD } of releases) if (published !== null) time[version] = published;
  return {
    _id: name,
    name,
    "dist-tags": { ...(releases.length > 0 && { latest: releases.at(-1)?.version }), ...tags },
    versions: Object.fromEntries(releases.map((release) => [release.version, manifest(name, release, registry)])),
    time,
    readme: "# A fixture",
    ...document,
  };
}

export function packumentBytes(pkg: FixturePackage, registry?: string): Uint8Array {
  return Buffer.from(JSON.stringify(packument(pkg, registry)));
}

function manifest(name: string, release: FixtureRelease, registry: string): Record<string, unknown> {
  const bytes = tarball(name, release);
  const integrity = integrityOf(bytes);
  return {
    name,
    version: release.version,
    license: "MIT",
    ...contentOf(release),
    ...(release.deprecated && { deprecated: release.deprecated }),
    dist: {
      tarball: `${registry}/${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${release.version}.tgz`,
      shasum: createHash("sha1").update(bytes).digest("hex"),
      integrity,
      ...(release.signedBy && { signatures: [release.signedBy.sign(`${name}@${release.version}:${integrity}`)] }),
      ...release.dist,
    },
    ...release.manifest,
  };
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}

function contentOf({ scripts, dependencies }: FixtureRelease): Record<string, unknown> {
  return { ...(scripts && { scripts }), ...(dependencies && { dependencies }) };
}

/** A tarball with a package.json and the release's other files; the same bytes each time. */
export function tarball(name: string, release: FixtureRelease): Uint8Array {
  const manifest = JSON.stringify({ name, version: release.version, ...contentOf(release) });
  const files = { "package.json": manifest, ...release.files };
  return gzipSync(tar(Object.entries(files).map(([path, content]) => ({ path: `package/${path}`, content }))));
}

export interface TarEntry {
  readonly path: string;
  readonly content: string;
  /** Left out: a file. */
  readonly type?: string;
}

/** An archive in the ustar form (POSIX.1-2001). */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content, type = "0" }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write("0000644\0", 100);
    header.write("0000000\0", 108);
    header.write("0000000\0", 116);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("00000000000\0", 136);
    header.write("        ", 148);
    header.write(type, 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
