import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Ecosystem } from "../ecosystem.ts";
import { apiOf, readRelease, releaseQuestion } from "./api.ts";
import { inspectCrate, inspectManifest } from "./crate.ts";
import { describe, parseListing } from "./listing.ts";
import { renderListing, resolveVersion } from "./render.ts";
import { CONFIG_PATH, indexPath, parseRequest } from "./request.ts";
import { publicRegistry, settings } from "./settings.ts";

/** A sparse registry of Rust crates, as cargo uses it. */
export const cargo: Ecosystem = {
  type: "cargo",
  mount: "/cargo",
  settings,
  publicRegistry,
  versions: VERSION_ORDERS.cargo,
  filesLieElsewhere: true,
  // Of a crate whose releases are all yanked cargo says nothing but that.
  refusesEmptyListings: true,
  refusalForm: "text",
  sendsBareTokens: true,
  parseRequest,
  formOf: () => "index",
  listingAccept: "text/plain",
  listingUrl: (registry, name) =>
    new URL(indexPath(name), registry.href.endsWith("/") ? registry : `${registry.href}/`),
  // A crate that is unavailable for legal reasons is to cargo one that there is not (Registry Index, "Nonexistent crates").
  alsoMissing: new Set([451]),
  configPath: CONFIG_PATH,
  apiOf,
  info: { question: releaseQuestion, isAlwaysThere: false, read: readRelease },
  config: (registry, isAuthRequired) => ({
    dl: `${registry}/crates`,
    api: registry,
    ...(isAuthRequired && { "auth-required": true }),
  }),
  parseListing,
  describe,
  inspectManifest,
  inspectFile: inspectCrate,
  renderListing,
  renderRelease: () => undefined,
  resolveVersion,
  tagsOf: () => ({}),
};
