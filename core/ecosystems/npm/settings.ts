/** Which registry npm asks. */
import { join } from "node:path";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import type { ClientSettings } from "../ecosystem.ts";

export const settings: ClientSettings = {
  variables: ["npm_config_registry", "NPM_CONFIG_REGISTRY"],
  // The project's stands before the user's.
  files: (environment, home, here) => [
    join(here, ".npmrc"),
    environment["npm_config_userconfig"] ?? environment["NPM_CONFIG_USERCONFIG"] ?? join(home, ".npmrc"),
  ],
  /** Of a file the last `registry=` line, as npm reads its ini files, with `${NAME}` taken from the environment. */
  read(text, from, environment) {
    if (from === "variable") return text;
    const line = [...text.matchAll(/^[ \t]*registry[ \t]*=[ \t]*"?([^"\s]+)/gm)].at(-1)?.[1];
    return line?.replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole);
  },
};

/** A library knows the public registry; the address of a made-up release tells the base. */
export function publicRegistry(): string | undefined {
  const download = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:npm/a@1.0.0"))?.url;
  return download && new URL("/", download).href;
}
