/** Which registry cargo asks. */
import { join } from "node:path";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import { parse as parseToml } from "smol-toml";
import { own, ownString } from "../../json.ts";
import type { ClientSettings } from "../ecosystem.ts";

const SPARSE = "sparse+";

/** What stands in the place of the public registry, where that is a sparse one. */
export const settings: ClientSettings = {
  variables: [],
  files: (environment, home, here) => [
    join(here, ".cargo", "config.toml"),
    join(environment["CARGO_HOME"] ?? join(home, ".cargo"), "config.toml"),
  ],
  read(text) {
    const sources = own(readToml(text), "source");
    const replacement = ownString(own(sources, "crates-io"), "replace-with");
    const registry = replacement === undefined ? undefined : ownString(own(sources, replacement), "registry");
    return registry?.startsWith(SPARSE) ? registry.slice(SPARSE.length) : undefined;
  },
};

/** Nothing where it is no TOML: then cargo itself has no such settings either. */
function readToml(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    return undefined;
  }
}

/** A library knows the public registry's own address; its sparse index is beside it. */
export function publicRegistry(): string | undefined {
  const download = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:cargo/a@1.0.0"))?.url;
  return download && `https://index.${new URL(download).host}/`;
}
