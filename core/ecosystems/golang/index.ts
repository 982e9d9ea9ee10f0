import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Ecosystem } from "../ecosystem.ts";
import { infoQuestion, parseListing, readInfo, unlistedRelease } from "./listing.ts";
import { inspectModule } from "./module.ts";
import { renderListing, resolveVersion } from "./render.ts";
import { escapeName, parseRequest } from "./request.ts";
import { publicRegistry, settings } from "./settings.ts";

/** A module proxy, as the go command uses it. */
export const golang: Ecosystem = {
  type: "golang",
  mount: "/go",
  settings,
  publicRegistry,
  versions: VERSION_ORDERS.golang,
  filesLieElsewhere: false,
  // Of an empty list go says no more, for the beginning of a version, than that there is none.
  refusesEmptyListings: true,
  refusalForm: "text",
  parseRequest,
  formOf: () => "list",
  listingAccept: "text/plain",
  listingUrl: (registry, name) =>
    new URL(`${escapeName(name)}/@v/list`, registry.href.endsWith("/") ? registry : `${registry.href}/`),
  parseListing,
  unlisted: unlistedRelease,
  info: { question: infoQuestion, isAlwaysThere: true, read: readInfo },
  inspectFile: inspectModule,
  renderListing,
  renderRelease: () => undefined,
  resolveVersion,
  tagsOf: () => ({}),
};
