/** Projects as a Python package index has them, made to measure: wheels and sdists that install. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sha256 } from "../../core/digest.ts";
import { normalizeName } from "../../core/purl.ts";
import { OLD, tar } from "./packument.ts";
import { zip } from "./zip.ts";

export interface FixtureFile {
  readonly kind: "wheel" | "sdist" | "egg";
  /** Python, ABI and platform of a wheel; left out: any. */
  readonly tag?: string;
  /** Left out: what the kind, the name and the version make. */
  readonly filename?: string;
  /** RFC 3339; left out: the release's; null: the index does not say. */
  readonly uploaded?: string | null;
  /** Or with the reason. */
  readonly yanked?: boolean | string;
  readonly requiresPython?: string;
  /** Whether the index has a wheel's METADATA beside it (PEP 658); left out: it has. */
  readonly metadata?: boolean;
  /** Where its attestations are (PEP 740). */
  readonly provenance?: string;
  /** The setup.py of an sdist, which runs when a wheel is built of it; left out: it has none. */
  readonly setup?: string;
  /** Of the file, besides what makes it install. */
  readonly contents?: Readonly<Record<string, string>>;
  /** Replaces or adds fields of the file in the JSON form. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface FixtureDistribution {
  readonly version: string;
  /** When its files were uploaded, RFC 3339; null: the index does not say. */
  readonly published?: string | null;
  /** Left out: a wheel. */
  readonly files?: readonly FixtureFile[];
  /** As `Requires-Dist` has them. */
  readonly dependencies?: readonly string[];
  /** Replaces or adds fields of METADATA and PKG-INFO. */
  readonly metadataFields?: Readonly<Record<string, string | readonly string[]>>;
}

export interface FixtureProject {
  readonly name: string;
  readonly releases: readonly FixtureDistribution[];
  /** PEP 792; left out: the index does not say. */
  readonly status?: { readonly status: string; readonly reason?: string };
  /** Replaces or adds fields of the page in the JSON form. */
  readonly document?: Readonly<Record<string, unknown>>;
}

/** A file with what an index says of it. */
export interface BuiltFile {
  readonly version: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Where the index keeps it, below its folder for files. */
  readonly path: string;
  /** The METADATA that lies beside it; undefined: none does. */
  readonly metadata: string | undefined;
  readonly uploaded: string | null;
  readonly fixture: FixtureFile;
}

const built = new WeakMap<FixtureProject, readonly BuiltFile[]>();

/** Every file of a project, built once; equal projects have equal bytes. */
export function buildFiles(project: FixtureProject): readonly BuiltFile[] {
  const files = built.get(project) ?? build(project);
  built.set(project, files);
  return files;
}

function build({ name, releases }: FixtureProject): BuiltFile[] {
  return releases.flatMap((release) =>
    (release.files ?? [{ kind: "wheel" }]).map((fixture: FixtureFile): BuiltFile => {
      const filename = fixture.filename ?? filenameOf(name, release.version, fixture);
      const bytes = BUILDERS[fixture.kind](name, release, fixture);
      const digest = sha256(bytes);
      const { published = OLD } = release;
      return {
        version: release.version,
        filename,
        bytes,
        sha256: digest,
        path: `${digest.slice(0, 2)}/${digest.slice(2, 4)}/${filename}`,
        metadata:
          fixture.kind === "wheel" && fixture.metadata !== false ? metadataOf(name, release, fixture) : undefined,
        uploaded: fixture.uploaded === undefined ? published : fixture.uploaded,
        fixture,
      };
    }),
  );
}

/** As file names spell it: PEP 427 and 625. */
function escapedName(name: string): string {
  return normalizeName("pypi", name).replaceAll("-", "_");
}

function filenameOf(name: string, version: string, { kind, tag = "py3-none-any" }: FixtureFile): string {
  const stem = `${escapedName(name)}-${version}`;
  return { wheel: `${stem}-${tag}.whl`, sdist: `${stem}.tar.gz`, egg: `${stem}-py3.11.egg` }[kind];
}

/** METADATA, and PKG-INFO: from 2.2 on clients take the sdist's at its word, and build nothing to know it. */
function metadataOf(
  name: string,
  { version, dependencies = [], metadataFields }: FixtureDistribution,
  { requiresPython }: FixtureFile,
): string {
  const fields: Readonly<Record<string, string | readonly string[]>> = {
    "Metadata-Version": "2.2",
    Name: name,
    Version: version,
    License: "MIT",
    ...(requiresPython !== undefined && { "Requires-Python": requiresPython }),
    "Requires-Dist": dependencies,
    ...metadataFields,
  };
  return Object.entries(fields)
    .flatMap(([key, value]) => [value].flat().map((one) => `${key}: ${one}\n`))
    .join("");
}

const BUILDERS = { wheel, sdist, egg } satisfies Record<
  FixtureFile["kind"],
  (name: string, release: FixtureDistribution, file: FixtureFile) => Uint8Array
>;

function wheel(name: string, release: FixtureDistribution, file: FixtureFile): Uint8Array {
  return zip(Object.entries(wheelContents(name, release, file)).map(([name, content]) => ({ name, content })));
}

/** The module and `.dist-info`, whose RECORD has the digest of each file: installers check it. */
function wheelContents(
  name: string,
  release: FixtureDistribution,
  file: FixtureFile,
): Readonly<Record<string, string>> {
  const info = `${escapedName(name)}-${release.version}.dist-info`;
  const contents = {
    [`${escapedName(name)}/__init__.py`]: `__version__ = "${release.version}"\n`,
    ...(file.kind === "wheel" && file.contents),
    [`${info}/METADATA`]: metadataOf(name, release, file),
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: cordon\nRoot-Is-Purelib: true\nTag: ${file.tag ?? "py3-none-any"}\n`,
  };
  const lines = Object.entries(contents).map(
    ([path, content]) =>
      `${path},sha256=${createHash("sha256").update(content).digest("base64url")},${Buffer.byteLength(content)}\n`,
  );
  return { ...contents, [`${info}/RECORD`]: `${lines.join("")}${info}/RECORD,,\n` };
}

/** The sdist builds itself (PEP 517, `backend-path`): a build needs nothing from an index. */
const BACKEND = `import os, runpy, zipfile


def build_wheel(directory, config_settings=None, metadata_directory=None):
    if os.path.exists("setup.py"):
        runpy.run_path("setup.py", run_name="__main__")
    with zipfile.ZipFile(os.path.join(directory, WHEEL), "w") as archive:
        for folder, _, files in os.walk("wheel"):
            for file in files:
                path = os.path.join(folder, file)
                with open(path) as content:
                    archive.writestr(os.path.relpath(path, "wheel"), content.read())
    return WHEEL


def build_sdist(directory, config_settings=None):
    raise NotImplementedError
`;

const PYPROJECT = `[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
`;

function sdist(name: string, release: FixtureDistribution, file: FixtureFile): Uint8Array {
  const folder = `${escapedName(name)}-${release.version}`;
  const files = {
    "PKG-INFO": metadataOf(name, release, file),
    "pyproject.toml": PYPROJECT,
    "backend.py": `WHEEL = "${folder}-py3-none-any.whl"\n${BACKEND}`,
    ...(file.setup !== undefined && { "setup.py": file.setup }),
    ...Object.fromEntries(
      Object.entries(wheelContents(name, release, file)).map(([path, content]) => [`wheel/${path}`, content]),
    ),
    ...file.contents,
  };
  return gzipSync(tar(Object.entries(files).map(([path, content]) => ({ path: `${folder}/${path}`, content }))));
}

/** The form before wheels: no client installs it, and old projects still have some. */
function egg(name: string, release: FixtureDistribution, file: FixtureFile): Uint8Array {
  return zip(
    Object.entries({ "EGG-INFO/PKG-INFO": metadataOf(name, release, file), ...file.contents }).map(
      ([name, content]) => ({ name, content }),
    ),
  );
}
