/** Which index pip and uv ask. */
import { join } from "node:path";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import type { ClientSettings } from "../ecosystem.ts";

export const settings: ClientSettings = {
  variables: ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"],
  // The user's stands before the machine's.
  files: (environment, home) =>
    [
      environment["PIP_CONFIG_FILE"],
      join(environment["XDG_CONFIG_HOME"] ?? join(home, ".config"), "pip", "pip.conf"),
      join(home, ".pip", "pip.conf"),
      "/etc/pip.conf",
    ].filter((file) => file !== undefined),
  read: (text, from) =>
    from === "variable" ? text : [...text.matchAll(/^[ \t]*index[-_]url[ \t]*[=:][ \t]*(\S+)/gm)].at(-1)?.[1],
};

/** A library knows the public index; the page of a made-up project lies below it. */
export function publicRegistry(): string | undefined {
  const page = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:pypi/a@1.0.0"))?.url;
  return page && new URL("../", page).href;
}
