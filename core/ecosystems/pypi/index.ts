import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Ecosystem } from "../ecosystem.ts";
import { attestedBy, provenanceBundles } from "./attestations.ts";
import { formOf } from "./forms.ts";
import { parseListing } from "./listing.ts";
import { inspectMetadata } from "./metadata.ts";
import { parseNames, renderNames } from "./names.ts";
import { renderListing, renderRelease, resolveVersion } from "./render.ts";
import { parseRequest } from "./request.ts";
import { inspectSdist } from "./sdist.ts";
import { publicRegistry, settings } from "./settings.ts";

/** The simple repository API, as pip, uv, poetry and pdm use it. */
export const pypi: Ecosystem = {
  type: "pypi",
  mount: "/pypi",
  settings,
  publicRegistry,
  versions: VERSION_ORDERS.pypi,
  refusesEmptyListings: false,
  filesLieElsewhere: true,
  parseRequest,
  refusalForm: "problem",
  formOf,
  // JSON tells when a file was uploaded; HTML is what old indexes have.
  listingAccept: "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1",
  listingUrl: (registry, name) => new URL(`${name}/`, registry.href.endsWith("/") ? registry : `${registry.href}/`),
  parseListing,
  inspectManifest: inspectMetadata,
  inspectFile: inspectSdist,
  attestations: { of: attestedBy, bundles: provenanceBundles },
  names: { parse: parseNames, render: renderNames },
  renderListing,
  renderRelease,
  resolveVersion,
  tagsOf: () => ({}),
};
