/** Software bills of materials in JSON: CycloneDX 1.x and SPDX 2.x name what they hold by package URLs. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import { Lines } from "./places.ts";
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
  recognizes: ({ json }) => ownString(json, "spdxVersion")?.startsWith("SPDX-2.") === true,
  read({ text, json }) {
    const packages = own(json, "packages");
    const references = (Array.isArray(packages) ? packages : []).flatMap(
      (one) => own(one, "externalRefs") ?? [],
    ) as unknown[];
    const purls = references
      .filter((reference) => ownString(reference, "referenceType") === "purl")
      .flatMap((reference) => ownString(reference, "referenceLocator") ?? []);
    return readPurls(text, purls);
  },
};

/** In the order of the document, in which the search for the place goes on. */
function readPurls(text: string, purls: readonly string[]): Inventory {
  const releases: NamedRelease[] = [];
  const unjudged: Unjudged[] = [];
  const lines = new Lines(text);
  let from = 0;
  for (const purl of purls) {
    const quoted = JSON.stringify(purl);
    const at = text.indexOf(quoted, from);
    if (at >= 0) from = at + quoted.length;
    const line = lines.at(Math.max(0, at >= 0 ? at : text.indexOf(quoted)));
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
