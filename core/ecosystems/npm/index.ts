import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Ecosystem } from "../ecosystem.ts";
import { inspectFile } from "./inspect.ts";
import { describe, parseListing } from "./listing.ts";
import { formOf, renderListing, renderRelease, resolveVersion, tagsOf } from "./render.ts";
import { parseRequest } from "./request.ts";
import { publicRegistry, settings } from "./settings.ts";
import { attestedBy, KEYS_PATH, provenanceBundles, verifySignature } from "./signatures.ts";
import { STRIP_LIMITS, stripTarball } from "./strip.ts";

/** The npm registry, as npm, pnpm, yarn and bun use it. */
export const npm: Ecosystem = {
  type: "npm",
  mount: "/npm",
  settings,
  publicRegistry,
  versions: VERSION_ORDERS.npm,
  refusesEmptyListings: false,
  filesLieElsewhere: false,
  parseRequest,
  refusalForm: "json",
  formOf,
  // The abbreviated document has no times, scripts or repository: rules that read them would never fire.
  listingAccept: "application/json",
  listingUrl: (registry, name) =>
    new URL(name.replace("/", "%2f"), registry.href.endsWith("/") ? registry : `${registry.href}/`),
  parseListing,
  describe,
  inspectFile,
  attestations: { of: attestedBy, bundles: provenanceBundles },
  signatures: {
    keysPath: KEYS_PATH,
    verify: verifySignature,
  },
  stripping: { maxBytes: STRIP_LIMITS.compressedBytes, strip: stripTarball },
  renderListing,
  renderRelease,
  resolveVersion,
  tagsOf: (judged) => tagsOf(judged, true),
};
