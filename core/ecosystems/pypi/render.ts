/**
 * The page that clients get. A denied release stays on it with all its files yanked: ranges pass it by, and whoever pins it
 * is refused the file with the reason. Where nothing else is left the files stand as they are, for a client that finds only
 * yanked files, or none, does not say why; one that is refused a file does.
 */
import type { Decision } from "../../../schemas/types/decision.ts";
import type { JsonObject } from "../../json.ts";
import { parseReleasePurl } from "../../purl.ts";
import { permits } from "../../verdict.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import { normalizePep440 } from "../../versions/pypi.ts";
import type { Form, JudgedListing, Rendering } from "../ecosystem.ts";
import { allowedVersions, releaseOf } from "../judged.ts";
import { API_VERSION, CONTENT_TYPES, SIZELESS_API_VERSION } from "./forms.ts";
import { type Project, type UsableFile, usableFiles } from "./listing.ts";
import { DENIED } from "./request.ts";

/** A link as it is written. */
interface Link {
  readonly filename: string;
  readonly url: string;
  readonly file: UsableFile | undefined;
  readonly yanked: string | undefined;
}

export function renderListing(
  judged: JudgedListing,
  form: Form,
  rendering: Rendering,
): { contentType: string; body: string } {
  const page = pageOf(judged, rendering);
  return { contentType: CONTENT_TYPES.get(form) ?? "", body: form === "json" ? writeJson(page) : writeHtml(page) };
}

interface ServedPage {
  readonly name: string;
  readonly links: readonly Link[];
  readonly versions: readonly string[];
  readonly status: string | undefined;
  readonly statusReason: string | undefined;
  /** Of this registry. */
  readonly registry: string;
}

function pageOf(judged: JudgedListing, rendering: Rendering): ServedPage {
  const { listing, decisions, gone } = judged;
  const { name, status, statusReason } = listing.document as Project;
  const { registry, sentence } = rendering;
  const isHopeless = allowedVersions(judged).length === 0;
  const links: Link[] = [];
  let reason: string | undefined;
  for (const [version, release] of listing.releases) {
    const decision = decisions.get(version);
    if (!decision) continue;
    const denial = permits(decision) ? undefined : sentence(decision);
    if (denial !== undefined) reason = denial;
    for (const file of usableFiles(release)) {
      const yanked = denial === undefined || isHopeless ? file.yanked : denial;
      const url = fileUrl(name, file.filename, rendering, denial !== undefined);
      links.push({ filename: file.filename, url, file, yanked });
    }
  }
  for (const decision of gone) {
    const filename = standInFor(name, versionOf(decision));
    const yanked = isHopeless ? undefined : sentence(decision);
    links.push({ filename, url: fileUrl(name, filename, rendering, true), file: undefined, yanked });
    reason ??= sentence(decision);
  }
  const versions = [...listing.releases.keys(), ...gone.map(versionOf)];
  const told =
    isHopeless && links.length > 0 ? { status: "quarantined", statusReason: reason } : { status, statusReason };
  return { name, links, versions, registry, ...told };
}

/** As the page has versions, however an advisory spells it. */
function versionOf({ purl }: Decision): string {
  const { version } = parseReleasePurl(purl);
  return normalizePep440(version) ?? version;
}

/** What the upstream took down has no file; a name for one lets a pin of it be refused with the reason. */
function standInFor(name: string, version: string): string {
  return `${name.replaceAll("-", "_")}-${version}.tar.gz`;
}

/** Where it is denied, another one: poetry installs what it once fetched from an address without asking there again. */
function fileUrl(name: string, filename: string, { registry }: Rendering, isDenied = false): string {
  return `${registry}/files/${name}/${isDenied ? `${DENIED}/` : ""}${encodeURIComponent(filename)}`;
}

function writeJson({ name, links, versions, status, statusReason, registry }: ServedPage): string {
  const hasSizes = links.every(({ file }) => file === undefined || file.size !== undefined);
  return JSON.stringify({
    meta: { "api-version": hasSizes ? API_VERSION : SIZELESS_API_VERSION },
    name,
    ...(status !== undefined && {
      "project-status": { status, ...(statusReason !== undefined && { reason: statusReason }) },
    }),
    versions,
    files: links.map((link) => toJson(link, name, registry)),
  });
}

function toJson({ filename, url, file, yanked }: Link, name: string, registry: string): JsonObject {
  const metadata = file?.metadata;
  // Of what the upstream took down nothing is left.
  const size = file ? file.size : 0;
  return {
    filename,
    url,
    hashes: file?.digests ?? {},
    ...(file?.requiresPython !== undefined && { "requires-python": file.requiresPython }),
    ...(size !== undefined && { size }),
    ...(file?.uploaded !== undefined && { "upload-time": file.uploaded }),
    ...(metadata && { "core-metadata": metadata, "dist-info-metadata": metadata }),
    ...(file?.provenance !== undefined && { provenance: provenanceUrl(name, filename, registry) }),
    // An empty reason would say that it is not yanked.
    yanked: yanked === undefined ? false : yanked === "" ? true : yanked,
  };
}

function provenanceUrl(name: string, filename: string, registry: string): string {
  return `${registry}/provenance/${name}/${encodeURIComponent(filename)}`;
}

function writeHtml({ name, links, status, statusReason, registry }: ServedPage): string {
  const meta = (key: string, value: string | undefined) =>
    value === undefined ? [] : [`    <meta name="${key}" content="${escapeHtml(value)}">`];
  return [
    "<!DOCTYPE html>",
    "<html>",
    "  <head>",
    ...meta("pypi:repository-version", API_VERSION),
    ...meta("pypi:project-status", status),
    ...meta("pypi:project-status-reason", statusReason),
    `    <title>Links for ${escapeHtml(name)}</title>`,
    "  </head>",
    "  <body>",
    `    <h1>Links for ${escapeHtml(name)}</h1>`,
    ...links.map((link) => `    ${toHtml(link, name, registry)}<br>`),
    "  </body>",
    "</html>",
    "",
  ].join("\n");
}

function toHtml({ filename, url, file, yanked }: Link, name: string, registry: string): string {
  const fragment = hashOf(file?.digests);
  const metadata = hashOf(file?.metadata);
  const attributes = {
    href: fragment === undefined ? url : `${url}#${fragment}`,
    "data-requires-python": file?.requiresPython,
    "data-core-metadata": metadata,
    "data-dist-info-metadata": metadata,
    "data-provenance": file?.provenance === undefined ? undefined : provenanceUrl(name, filename, registry),
    "data-yanked": yanked,
  };
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}="${escapeHtml(value)}"`],
  );
  return `<a ${written.join(" ")}>${escapeHtml(filename)}</a>`;
}

/** SHA-256 is what clients know best. */
function hashOf(digests: UsableFile["digests"] | undefined): string | undefined {
  const { sha256, sha512, sha384 } = digests ?? {};
  if (sha256 !== undefined) return `sha256=${sha256}`;
  return sha512 !== undefined ? `sha512=${sha512}` : sha384 !== undefined ? `sha384=${sha384}` : undefined;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * What pip would choose of all: a version is itself, a range its highest allowed release; without either the highest of
 * all, and the highest denied one where nothing is allowed. What is yanked is for those who pin it (PEP 592), and a
 * pre-release for those who name one, or where there is nothing else (PEP 440, "Handling of pre-releases").
 */
export function resolveVersion(judged: JudgedListing, wanted: string | undefined): string | undefined {
  const order = VERSION_ORDERS.pypi;
  const { listing } = judged;
  if (wanted !== undefined && order.isValid(wanted)) return releaseOf(listing, wanted)?.version ?? wanted;
  const clauses = clausesOf(wanted ?? "");
  const takesYanked = clauses.some(({ operator, version }) => /^===?$/.test(operator) && !version.endsWith(".*"));
  const takesPrereleases = clauses.some(({ version }) => order.isPrerelease(version));
  const fitting = allowedVersions(judged).filter(
    (version) =>
      (wanted === undefined || order.satisfies(version, wanted)) &&
      (takesYanked || listing.releases.get(version)?.facts.yanked !== true),
  );
  const chosen = takesPrereleases ? undefined : fitting.findLast((version) => !order.isPrerelease(version));
  const denied = wanted === undefined ? [...judged.decisions.keys()].at(-1) : undefined;
  return chosen ?? fitting.at(-1) ?? denied;
}

/** Those that ask for something; what is left out, with `!=`, says nothing of what is wanted. */
function clausesOf(range: string): { readonly operator: string; readonly version: string }[] {
  return range.split(",").flatMap((clause) => {
    const [, operator, version = ""] = /^\s*(===?|[~<>]=|[<>])\s*(.*?)\s*$/.exec(clause) ?? [];
    return operator === undefined ? [] : [{ operator, version }];
  });
}

/** The older JSON of a project, which some tools read (Warehouse, "JSON API"): what its page tells, and no more. */
export function renderRelease(
  judged: JudgedListing,
  version: string,
  rendering: Rendering,
): { contentType: string; body: string } | undefined {
  const { listing } = judged;
  const release = listing.releases.get(version);
  if (!release) return undefined;
  const { name } = listing;
  const { requiresPython, yanked, yankedReason } = release.facts;
  const served = [...listing.releases].filter(([other]) => {
    const decision = judged.decisions.get(other);
    return decision !== undefined && permits(decision);
  });
  const filesOf = (one: typeof release) => usableFiles(one).map((file) => toOldJson(file, name, rendering));
  const body = {
    info: {
      name,
      version,
      summary: null,
      requires_dist: null,
      requires_python: requiresPython ?? null,
      yanked: yanked === true,
      yanked_reason: yankedReason ?? null,
    },
    releases: Object.fromEntries(served.map(([other, one]) => [other, filesOf(one)])),
    urls: filesOf(release),
    vulnerabilities: [],
  };
  return { contentType: "application/json", body: JSON.stringify(body) };
}

const PACKAGE_TYPES = { wheel: "bdist_wheel", sdist: "sdist", egg: "bdist_egg" } as const;

function toOldJson(file: UsableFile, name: string, rendering: Rendering): JsonObject {
  return {
    filename: file.filename,
    packagetype: PACKAGE_TYPES[file.kind],
    url: fileUrl(name, file.filename, rendering),
    digests: file.digests,
    size: file.size ?? null,
    upload_time_iso_8601: file.uploaded ?? null,
    requires_python: file.requiresPython ?? null,
    yanked: file.yanked !== undefined,
    yanked_reason: file.yanked || null,
  };
}
