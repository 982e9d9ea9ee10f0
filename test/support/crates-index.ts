/** The documents of a Cargo registry: the sparse index, and the JSON of its own API. */
import { type BuiltCrate, buildCrates, dependenciesOf, type FixtureCrate } from "./crates.ts";

/** Which newer fields the lines of an index have. */
export interface IndexOptions {
  /** `pubtime`, when a version was published; left out: they have it. */
  readonly pubtime?: boolean;
}

/** Where an index has a crate, below its base: `1/a`, `2/ab`, `3/a/abc`, `se/rd/serde`; in lower case. */
export function indexPath(name: string): string {
  const lower = name.toLowerCase();
  return `${indexPrefix(lower)}/${lower}`;
}

/** The folders of that, which a `dl` may ask for as `{prefix}`: of the name as it is. */
export function indexPrefix(name: string): string {
  if (name.length <= 2) return String(name.length);
  return name.length === 3 ? `3/${name[0]}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`;
}

/** A crate in the index: a line of JSON for each version. */
export function indexEntry(crate: FixtureCrate, options: IndexOptions = {}): string {
  return buildCrates(crate)
    .map((built) => `${JSON.stringify(indexLine(built, options))}\n`)
    .join("");
}

function indexLine(built: BuiltCrate, { pubtime = true }: IndexOptions): Record<string, unknown> {
  const { name, version, sha256, published, fixture } = built;
  const { features, features2 } = featuresOf(built);
  const newer = Object.keys(features2).length > 0;
  return {
    name,
    vers: version,
    deps: dependenciesOf(fixture).map((dependency) => ({
      name: dependency.name,
      req: dependency.req,
      features: dependency.features ?? [],
      optional: dependency.optional ?? false,
      default_features: dependency.defaultFeatures ?? true,
      target: dependency.target ?? null,
      kind: dependency.kind ?? "normal",
      ...(dependency.registry !== undefined && { registry: dependency.registry }),
      ...(dependency.package !== undefined && { package: dependency.package }),
    })),
    cksum: sha256,
    features,
    yanked: fixture.yanked ?? false,
    ...(fixture.links !== undefined && { links: fixture.links }),
    ...(newer && { features2, v: 2 }),
    ...(fixture.rustVersion !== undefined && { rust_version: fixture.rustVersion }),
    ...(pubtime && published !== undefined && { pubtime: published }),
    ...fixture.line,
  };
}

/** Clients older than `features2` must not see the forms that they would not understand. */
function featuresOf({ fixture: { features = {} } }: BuiltCrate) {
  const isNew = ([, parts]: readonly [string, readonly string[]]) =>
    parts.some((part) => part.startsWith("dep:") || part.includes("?/"));
  const all = Object.entries(features);
  return {
    features: Object.fromEntries(all.filter((feature) => !isNew(feature))),
    features2: Object.fromEntries(all.filter(isNew)),
  };
}

/** As `GET /api/v1/crates/NAME` answers it. */
export function crateJson(crate: FixtureCrate): Record<string, unknown> {
  const versions = buildCrates(crate).toReversed();
  return {
    crate: crateFields(crate),
    versions: versions.map(versionFields),
    keywords: [],
    categories: [],
  };
}

/** As `GET /api/v1/crates/NAME/VERSION` answers it; undefined where there is no such version. */
export function versionJson(crate: FixtureCrate, version: string): Record<string, unknown> | undefined {
  const built = buildCrates(crate).find((built) => built.version === version);
  return built && { version: versionFields(built) };
}

/** As `GET /api/v1/crates?q=WORD&per_page=N` answers it: a search by a part of the name. */
export function searchJson(crates: readonly FixtureCrate[], query: URLSearchParams): Record<string, unknown> {
  const word = query.get("q")?.toLowerCase() ?? "";
  const found = crates.filter(({ name }) => name.toLowerCase().includes(word));
  return {
    crates: found
      .slice(0, Number(query.get("per_page") ?? 10))
      .map((crate) => ({ ...crateFields(crate), exact_match: crate.name === word })),
    meta: { total: found.length, next_page: null, prev_page: null },
  };
}

function crateFields(crate: FixtureCrate): Record<string, unknown> {
  const { name, api } = crate;
  const versions = buildCrates(crate);
  const newest = versions.findLast(({ fixture }) => !fixture.yanked) ?? versions.at(-1);
  return {
    id: name,
    name,
    created_at: timeOf(versions[0]),
    updated_at: timeOf(versions.at(-1)),
    max_version: newest?.version ?? "0.0.0",
    max_stable_version: newest?.version ?? null,
    newest_version: versions.at(-1)?.version ?? "0.0.0",
    default_version: newest?.version ?? null,
    yanked: versions.every(({ fixture }) => fixture.yanked),
    num_versions: versions.length,
    description: "A fixture",
    repository: newest?.fixture.repository ?? null,
    homepage: null,
    documentation: null,
    downloads: 1,
    ...api,
  };
}

function versionFields(built: BuiltCrate): Record<string, unknown> {
  const { name, version, bytes, sha256, fixture } = built;
  return {
    id: 1,
    crate: name,
    num: version,
    dl_path: `/api/v1/crates/${name}/${version}/download`,
    created_at: timeOf(built),
    updated_at: timeOf(built),
    downloads: 1,
    features: fixture.features ?? {},
    yanked: fixture.yanked ?? false,
    yank_message: null,
    license: fixture.license === undefined ? "MIT" : fixture.license,
    links: fixture.links ?? null,
    crate_size: bytes.length,
    checksum: sha256,
    rust_version: fixture.rustVersion ?? null,
    edition: "2021",
    has_lib: true,
    bin_names: [],
    description: "A fixture",
    homepage: null,
    documentation: null,
    repository: fixture.repository ?? null,
    published_by: null,
    trustpub_data: null,
    ...fixture.api,
  };
}

/** As the API writes times, which is not as the index does. */
function timeOf(built: BuiltCrate | undefined): string | null {
  return built?.published?.replace("Z", ".000000Z") ?? null;
}
