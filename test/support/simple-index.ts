/** The documents of a Python package index: the simple API in both of its forms, and the legacy JSON of a release. */
import { sha256 } from "../../core/digest.ts";
import { normalizeName } from "../../core/purl.ts";
import { type BuiltFile, buildFiles, type FixtureProject } from "./distributions.ts";

/** With PEP 700 (versions, size, upload-time), 740 (provenance) and 792 (project-status). */
const API_VERSION = "1.4";

/** Where an index's files are: absolute, or relative to a project's page. */
export interface IndexOptions {
  readonly files?: string;
}

/** The page as `GET /simple/NAME/` answers it in JSON (PEP 691). */
export function simplePage(project: FixtureProject, options: IndexOptions = {}): Record<string, unknown> {
  const { name, releases, status, document } = project;
  return {
    meta: { "api-version": API_VERSION, "_last-serial": 1 },
    name: normalizeName("pypi", name),
    ...(status && { "project-status": status }),
    versions: releases.map(({ version }) => version),
    files: buildFiles(project).map((file) => listed(file, options)),
    ...document,
  };
}

function urlOf({ path }: BuiltFile, { files = "https://files.example/packages" }: IndexOptions): string {
  return `${files}/${path}`;
}

/** False, or the digest. Under the name that PEP 658 meant and under the one that clients first read (PEP 714). */
function metadataDigest({ metadata }: BuiltFile): false | { readonly sha256: string } {
  return metadata === undefined ? false : { sha256: sha256(metadata) };
}

function listed(file: BuiltFile, options: IndexOptions): Record<string, unknown> {
  const { requiresPython = null, yanked = false, provenance = null, fields } = file.fixture;
  return {
    filename: file.filename,
    url: urlOf(file, options),
    hashes: { sha256: file.sha256 },
    "requires-python": requiresPython,
    size: file.bytes.length,
    ...(file.uploaded !== null && { "upload-time": file.uploaded }),
    yanked,
    "core-metadata": metadataDigest(file),
    "data-dist-info-metadata": metadataDigest(file),
    provenance,
    ...fields,
  };
}

/** The same page in HTML (PEP 503), which tells neither sizes nor times. */
export function simpleHtml(project: FixtureProject, options: IndexOptions = {}): string {
  const links = buildFiles(project).map((file) => {
    const { requiresPython, yanked = false, provenance } = file.fixture;
    const metadata = metadataDigest(file);
    const digest = metadata && `sha256=${metadata.sha256}`;
    return element(
      "a",
      {
        href: `${urlOf(file, options)}#sha256=${file.sha256}`,
        "data-requires-python": requiresPython,
        "data-yanked": yanked === true ? "" : yanked,
        "data-core-metadata": digest,
        "data-dist-info-metadata": digest,
        "data-provenance": provenance,
      },
      file.filename,
    );
  });
  const { name, status } = project;
  const metas = [
    ["pypi:repository-version", API_VERSION],
    ["pypi:project-status", status?.status],
    ["pypi:project-status-reason", status?.reason],
  ].flatMap(([name, content]) => (content === undefined ? [] : [element("meta", { name, content })]));
  return htmlPage(`Links for ${normalizeName("pypi", name)}`, metas, links);
}

/** The list of projects as `GET /simple/` answers it in JSON. */
export function simpleList(names: readonly string[]): Record<string, unknown> {
  return {
    meta: { "api-version": API_VERSION, "_last-serial": 1 },
    projects: names.map((name) => ({ name, "_last-serial": 1 })),
  };
}

export function simpleListHtml(names: readonly string[]): string {
  const links = names.map((name) => element("a", { href: `/simple/${normalizeName("pypi", name)}/` }, name));
  return htmlPage("Simple index", [element("meta", { name: "pypi:repository-version", content: API_VERSION })], links);
}

/** As `GET /pypi/NAME/VERSION/json` answers it; undefined where there is no such release. */
export function releaseJson(
  project: FixtureProject,
  version: string,
  options: IndexOptions = {},
): Record<string, unknown> | undefined {
  const release = project.releases.find((release) => release.version === version);
  if (!release) return undefined;
  const files = buildFiles(project).filter((file) => file.version === version);
  const { dependencies = [], metadataFields } = release;
  const reason = files.map(({ fixture }) => fixture.yanked).find((yanked) => typeof yanked === "string");
  const yanked = files.length > 0 && files.every(({ fixture }) => Boolean(fixture.yanked));
  return {
    info: {
      name: project.name,
      version,
      license: metadataFields?.["License"] ?? "MIT",
      license_expression: metadataFields?.["License-Expression"] ?? null,
      classifiers: [metadataFields?.["Classifier"] ?? []].flat(),
      requires_dist: dependencies.length > 0 ? dependencies : null,
      requires_python: files[0]?.fixture.requiresPython ?? null,
      yanked,
      yanked_reason: yanked ? (reason ?? null) : null,
    },
    last_serial: 1,
    urls: files.map((file) => ({
      filename: file.filename,
      url: urlOf(file, options),
      digests: { sha256: file.sha256 },
      packagetype: { wheel: "bdist_wheel", sdist: "sdist", egg: "bdist_egg" }[file.fixture.kind],
      requires_python: file.fixture.requiresPython ?? null,
      size: file.bytes.length,
      ...(file.uploaded !== null && { upload_time_iso_8601: file.uploaded }),
      yanked: Boolean(file.fixture.yanked),
      yanked_reason: typeof file.fixture.yanked === "string" ? file.fixture.yanked : null,
    })),
    vulnerabilities: [],
  };
}

type Attributes = Readonly<Record<string, string | false | undefined>>;

function element(name: string, attributes: Attributes, text?: string): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    typeof value === "string" ? [` ${key}="${escaped(value)}"`] : [],
  );
  return `<${name}${written.join("")}>${text === undefined ? "" : `${escaped(text)}</${name}>`}`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function htmlPage(title: string, metas: readonly string[], links: readonly string[]): string {
  const head = [...metas, `<title>${escaped(title)}</title>`].join("\n");
  return `<!DOCTYPE html>\n<html>\n<head>\n${head}\n</head>\n<body>\n${links.join("<br>\n")}\n</body>\n</html>\n`;
}
