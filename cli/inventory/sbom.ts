/** Software bills of materials in JSON: CycloneDX 1.x, SPDX 2.x and SPDX 3.x name what they hold by package URLs. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import { JsonLines } from "./places.ts";
import type { Inventory, InventoryReader, NamedRelease, Unjudged } from "./reader.ts";

const MAX_DEPTH = 50;

export const readCycloneDx: InventoryReader = {
  kind: "cyclonedx",
  files: "CycloneDX in JSON",
  recognizes: ({ json }) => own(json, "bomFormat") === "CycloneDX",
  read: ({ text, json }) => readPurls(text, purlsOfComponents(own(json, "components"), 0)),
};

/** Components may hold others. */
function purlsOfComponents(components: unknown, depth: number): string[] {
  if (!Array.isArray(components) || depth > MAX_DEPTH) return [];
  return components.flatMap((component) => [
    ...[ownString(component, "purl")].filter((purl) => purl !== undefined),
    ...purlsOfComponents(own(component, "components"), depth + 1),
  ]);
}

export const readSpdx: InventoryReader = {
  kind: "spdx",
  files: "SPDX in JSON",
  recognizes: ({ json }) => isSpdx2(unwrapped(json)) || isSpdx3(json),
  read: ({ text, json }) =>
    readPurls(text, isSpdx3(json) ? purlsOfElements(json) : purlsOfPackages(own(unwrapped(json), "packages"))),
};

/** Forges' APIs put the document below `sbom`. */
function unwrapped(json: unknown): unknown {
  return own(json, "sbom") ?? json;
}

function isSpdx2(document: unknown): boolean {
  return ownString(document, "spdxVersion")?.startsWith("SPDX-2.") === true;
}

/** JSON-LD (SPDX 3.0, "Serialization"): the context tells which vocabulary it is. */
function isSpdx3(json: unknown): boolean {
  const context = own(json, "@context");
  const [first] = Array.isArray(context) ? context : [context];
  return typeof first === "string" && /\bspdx\b/i.test(first);
}

function purlsOfPackages(packages: unknown): string[] {
  return listOf(packages)
    .flatMap((one) => listOf(own(one, "externalRefs")))
    .filter((reference) => ownString(reference, "referenceType") === "purl")
    .flatMap((reference) => ownString(reference, "referenceLocator") ?? []);
}

/** Elements of the class `software_Package`, in a graph or alone: some have a field of their own, some an identifier, some both. */
function purlsOfElements(json: unknown): string[] {
  const graph = own(json, "@graph");
  const elements = graph === undefined ? [json] : listOf(graph);
  const packages = elements.filter((element) => ownString(element, "type") === "software_Package");
  return packages.flatMap((element) => {
    const identifiers = listOf(own(element, "externalIdentifier"))
      .filter((identifier) => ownString(identifier, "externalIdentifierType") === "packageUrl")
      .flatMap((identifier) => ownString(identifier, "identifier") ?? []);
    return [...new Set([ownString(element, "software_packageUrl"), ...identifiers])].filter(
      (purl) => purl !== undefined,
    );
  });
}

/** JSON-LD writes a list of one without brackets. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** In the order of the document, in which the search for the place goes on. */
function readPurls(text: string, purls: readonly string[]): Inventory {
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  const lines = new JsonLines(text);
  for (const purl of purls) {
    const line = lines.text(purl);
    const found = readPurl(purl);
    if (typeof found === "object") releases.push({ id: found, line });
    else
      unjudged.push({
        name: purl.slice(0, 200),
        line,
        reason: found,
        ...(/^pkg:(npm|pypi|cargo|golang)\/[^?#]+@./.test(purl) && { version: purl }),
      });
  }
  return { releases, unjudged };
}

function readPurl(purl: string) {
  if (!/^pkg:(npm|pypi|cargo|golang)\//i.test(purl)) return "is of another ecosystem";
  try {
    // A scope has an @, which some tools leave out; no other name has a slash.
    return parseReleasePurl(purl.replace(/^pkg:npm\/(?=[^@%/]+\/)/i, "pkg:npm/%40"));
  } catch (error) {
    if (error instanceof CordonError) return "names no release";
    throw error;
  }
}
