/**
 * The packument that clients get. A denied version stays visible where npm can explain it: `policyRestrictions` (which
 * npm-pick-manifest reads), a deprecation text, and a tarball path that tells why and answers 403. Clients that
 * would choose it all the same get a packument without it, where only its exact pin leads to the reason.
 */
import type { Decision } from "../../../schemas/types/decision.ts";
import { CordonError } from "../../errors.ts";
import { isObject, type JsonObject, own } from "../../json.ts";
import { parseReleasePurl } from "../../purl.ts";
import { permits } from "../../verdict.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Form, JudgedListing, Rendering } from "../ecosystem.ts";
import { allowedVersions } from "../judged.ts";
import { installScripts, type Packument, repairTags, tarballName } from "./listing.ts";
import { withoutEvents } from "./strip.ts";

const ABBREVIATED_TYPE = "application/vnd.npm.install-v1+json";

/** What the abbreviated form of a version has (npm/registry, docs/responses/package-metadata.md). */
const ABBREVIATED_KEYS = [
  "name",
  "version",
  "deprecated",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "bundleDependencies",
  "bundledDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
  "bin",
  "directories",
  "dist",
  "engines",
  "cpu",
  "os",
  "libc",
  "funding",
  "hasInstallScript",
] as const;

/**
 * What a full document may say beside its versions. Other keys are left out: npm takes manifests from some of them
 * (`stagedVersions`, `policyRestrictions`), and what it will take from others tomorrow, nobody has judged. Nor is there a
 * `_rev`, without which no registry takes a document back: this one lacks what was withheld.
 */
const DOCUMENT_KEYS = [
  "_id",
  "name",
  "description",
  "readme",
  "readmeFilename",
  "author",
  "maintainers",
  "contributors",
  "repository",
  "homepage",
  "bugs",
  "license",
  "keywords",
  "users",
  "modified",
  "dist-tags",
  "versions",
  "time",
] as const;

const MAX_EXPLAINED = 10;

/** Abbreviated only where that type is named. yarn 1 would pick a denied version in a range, so it does not see any. */
export function formOf({ accept, userAgent }: { accept: string | undefined; userAgent: string | undefined }): Form {
  const size = accept?.includes(ABBREVIATED_TYPE) ? "abbreviated" : "full";
  return `${size} ${userAgent?.startsWith("yarn/1.") ? "hide" : "explain"}`;
}

export function renderListing(
  judged: JudgedListing,
  form: Form,
  rendering: Rendering,
): { contentType: string; body: string } {
  const document = judged.listing.document as Packument;
  const explains = form.endsWith("explain");
  const denied = deniedOf(judged);
  const versions = new Map<string, JsonObject>();
  for (const [version] of judged.listing.releases) {
    const decision = judged.decisions.get(version);
    const manifest = document.versions[version];
    if (!decision || !isObject(manifest)) continue;
    if (permits(decision)) versions.set(version, served(manifest, decision, judged, rendering));
    else versions.set(explains ? version : standInFor(version), withExplanation(manifest, decision, judged, rendering));
  }
  const shared = {
    "dist-tags": { ...tagsOf(judged, explains), ...(!explains && standInTags(judged)) },
    ...(explains && denied.length > 0 && { policyRestrictions: restrictions(denied, judged.listing.name, rendering) }),
  };
  if (form.startsWith("abbreviated")) {
    const modified = own(document["time"], "modified") ?? own(document, "modified");
    const body = {
      name: document.name,
      ...(typeof modified === "string" && { modified }),
      ...shared,
      versions: toObject(versions, abbreviate),
    };
    return { contentType: ABBREVIATED_TYPE, body: write(body, judged) };
  }
  const time = own(document, "time");
  const known = DOCUMENT_KEYS.flatMap((key) => (Object.hasOwn(document, key) ? [[key, document[key]]] : []));
  const body = {
    ...Object.fromEntries(known),
    ...shared,
    versions: toObject(versions),
    ...(isObject(time) && { time: timesOf(time, document, versions) }),
  };
  return { contentType: "application/json", body: write(body, judged) };
}

export function renderRelease(
  judged: JudgedListing,
  version: string,
  rendering: Rendering,
): { contentType: string; body: string } | undefined {
  const manifest = own((judged.listing.document as Packument).versions, version);
  if (!isObject(manifest) || !judged.listing.releases.has(version)) return undefined;
  return {
    contentType: "application/json",
    body: write(served(manifest, judged.decisions.get(version), judged, rendering), judged),
  };
}

/** Throws UPSTREAM_MALFORMED. What can be parsed cannot always be written: it is nested too deeply, or grows too long. */
function write(body: JsonObject, { listing }: JudgedListing): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new CordonError(
      "UPSTREAM_MALFORMED",
      `the upstream's document on ${listing.pkg.purl} cannot be written again: it is nested too deeply, or too long`,
      { cause },
    );
  }
}

/**
 * What npm would choose: a version is itself; a tag is what it names once repaired (or, with nothing allowed left, its
 * old version, so that the refusal can explain it); a range is `latest` where that fits, else the highest allowed.
 */
export function resolveVersion(judged: JudgedListing, wanted = "latest"): string | undefined {
  if (VERSION_ORDERS.npm.isValid(wanted)) return wanted;
  const tags = tagsOf(judged, true);
  const tagged = own(tags, wanted);
  if (typeof tagged === "string") return tagged;
  const allowed = allowedVersions(judged).filter((version) => VERSION_ORDERS.npm.satisfies(version, wanted));
  return allowed.find((version) => version === tags["latest"]) ?? allowed.at(-1);
}

const TAGS = new WeakMap<JudgedListing, ReadonlyMap<string, string | undefined>>();

/** Each tag at what it names, or at the highest allowed below; `explains` keeps those of which nothing is left. */
export function tagsOf(judged: JudgedListing, explains: boolean): JsonObject {
  const originals = (judged.listing.document as Packument)["dist-tags"];
  const repaired = TAGS.get(judged) ?? repairTags(originals, allowedVersions(judged));
  TAGS.set(judged, repaired);
  const tags = new Map<string, string>();
  for (const [tag, replacement] of repaired) {
    const original = own(originals, tag) as string;
    const version = replacement ?? (explains && judged.decisions.has(original) ? original : undefined);
    if (version !== undefined) tags.set(tag, version);
  }
  return Object.fromEntries(tags);
}

/**
 * yarn 1 chooses denied versions in ranges, so they must not be there; but it looks a version up among the tags first.
 * So the pin of a denied version is a tag, of a version below every range, whose file is refused with the reason.
 */
function standInFor(version: string): string {
  return `0.0.0-cordon.${version.replaceAll("+", "-")}`;
}

function standInTags(judged: JudgedListing): JsonObject {
  const denied = [...judged.decisions].filter(([, decision]) => !permits(decision)).map(([version]) => version);
  const repaired = tagsOf(judged, false);
  const lost = Object.entries((judged.listing.document as Packument)["dist-tags"]).flatMap(([tag, version]) =>
    !Object.hasOwn(repaired, tag) && denied.includes(version) ? [[tag, standInFor(version)]] : [],
  );
  return Object.fromEntries([...denied.map((version) => [version, standInFor(version)]), ...lost]);
}

/** What most people asked for first: what `latest` named, then the highest versions, those that the upstream removed last. */
function deniedOf(judged: JudgedListing): Decision[] {
  const latest = judged.decisions.get((judged.listing.document as Packument)["dist-tags"]["latest"] ?? "");
  const denied = [...judged.decisions.values()]
    .filter((decision) => !permits(decision) && decision !== latest)
    .reverse();
  return [...(latest && !permits(latest) ? [latest] : []), ...denied, ...judged.gone];
}

/** One message for all: npm shows it whichever denied version was asked for. Alike reasons are told once. */
function restrictions(denied: readonly Decision[], name: string, { sentence }: Rendering): JsonObject {
  const groups = new Map<string, Decision[]>();
  for (const decision of denied) {
    const key = JSON.stringify([decision.policy, decision.rule, decision.evidence.map(({ id }) => id)]);
    const group = groups.get(key);
    if (group) group.push(decision);
    else groups.set(key, [decision]);
  }
  const explained = [...groups.values()].slice(0, MAX_EXPLAINED).map(([first, ...others]) => {
    const text = first ? sentence(first) : "";
    if (others.length === 0) return text;
    const versions = others.slice(0, MAX_EXPLAINED).map(versionOf).join(", ");
    return `${text}\nFor the same reason: ${versions}${others.length > MAX_EXPLAINED ? `, and ${others.length - MAX_EXPLAINED} more` : ""}.`;
  });
  if (groups.size > MAX_EXPLAINED)
    explained.push(`And ${groups.size - MAX_EXPLAINED} more reasons for other versions.`);
  return {
    message: explained.join("\n"),
    versions: Object.fromEntries(denied.map(versionOf).map((version) => [version, { name, version }])),
  };
}

function versionOf({ purl }: Decision): string {
  return parseReleasePurl(purl).version;
}

/**
 * A permitted release. Where its install scripts are taken out, the listing names none; and where the file was written
 * anew, it has the new file's digests, and no signatures or attestations, which are on the old ones.
 */
function served(
  manifest: JsonObject,
  decision: Decision | undefined,
  judged: JudgedListing,
  rendering: Rendering,
): JsonObject {
  const version = String(manifest["version"]);
  const tarball = tarballUrl(judged, version, rendering);
  // npm takes what a shrinkwrap in the file names, from wherever it says; without the word it asks here, as other clients do.
  const { _hasShrinkwrap: _shrinkwrap, ...attested } = withAttestations(manifest, judged, version, rendering);
  if (decision?.decision !== "strip-scripts") return withTarball(attested, tarball);
  const { gypfile: _gyp, hasInstallScript: _has, scripts, ...rest } = attested;
  const silent = { ...rest, ...(isObject(scripts) && { scripts: withoutEvents(scripts) }) };
  const stripped = judged.stripped?.get(version);
  if (!stripped) return withTarball(silent, tarball);
  const {
    signatures: _signed,
    attestations: _attested,
    unpackedSize: _size,
    fileCount: _files,
    ...dist
  } = own(silent, "dist") as JsonObject;
  const { integrity, shasum } = stripped;
  const file = tarballName(judged.listing.name, version);
  const path = `${rendering.registry}/${judged.listing.name}/-/stripped/${shasum.slice(0, 12)}/${file}`;
  return withTarball({ ...silent, dist: { ...dist, integrity, shasum } }, path);
}

function withTarball(manifest: JsonObject, tarball: string): JsonObject {
  return { ...manifest, dist: { ...(own(manifest, "dist") as JsonObject), tarball } };
}

/** npm asks the host of its registry for the path of this address: the upstream's own would lead past this registry's base. */
function withAttestations(
  manifest: JsonObject,
  { listing: { name } }: JudgedListing,
  version: string,
  { registry }: Rendering,
): JsonObject {
  const dist = own(manifest, "dist") as JsonObject;
  const attestations = own(dist, "attestations");
  if (!isObject(attestations)) return manifest;
  const url = `${registry}/-/npm/v1/attestations/${name}@${version}`;
  return { ...manifest, dist: { ...dist, attestations: { ...attestations, url } } };
}

function withExplanation(
  manifest: JsonObject,
  decision: Decision,
  judged: JudgedListing,
  rendering: Rendering,
): JsonObject {
  const why = [decision.policy ?? "policy", decision.evidence[0]?.id ?? decision.rule ?? "rule"]
    .map(encodeURIComponent)
    .join("/");
  const version = versionOf(decision);
  const tarball = `${rendering.registry}/${judged.listing.name}/-/blocked/${why}/${tarballName(judged.listing.name, version)}`;
  const { signatures: _, ...dist } = own(manifest, "dist") as JsonObject;
  return {
    ...withTarball({ ...manifest, dist: { ...dist, ...NO_FILE } }, tarball),
    deprecated: rendering.sentence(decision),
  };
}

/** Digests that no file has: some clients take a file that they know by its digest without asking anybody. */
const NO_FILE = { integrity: `sha512-${Buffer.alloc(64).toString("base64")}`, shasum: "0".repeat(40) };

/** Under the registry's own path: npm 12 refuses tarballs elsewhere, and other clients would go past the gate. */
function tarballUrl({ listing: { name } }: JudgedListing, version: string, { registry }: Rendering): string {
  return `${registry}/${name}/-/${tarballName(name, version)}`;
}

function timesOf(time: JsonObject, document: Packument, served: ReadonlyMap<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(time).filter(([key]) => served.has(key) || !Object.hasOwn(document.versions, key)),
  );
}

function abbreviate(manifest: JsonObject): JsonObject {
  const short = Object.fromEntries(
    ABBREVIATED_KEYS.flatMap((key) => (Object.hasOwn(manifest, key) ? [[key, manifest[key]]] : [])),
  );
  const hasInstallScript = installScripts(manifest).length > 0;
  return hasInstallScript ? { ...short, hasInstallScript } : short;
}

/** Own properties only, whatever the keys are called. */
function toObject(
  versions: ReadonlyMap<string, JsonObject>,
  form: (manifest: JsonObject) => JsonObject = (manifest) => manifest,
): JsonObject {
  return Object.fromEntries([...versions].map(([version, manifest]) => [version, form(manifest)]));
}
