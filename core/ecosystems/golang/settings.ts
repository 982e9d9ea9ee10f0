/** Which module proxy go asks. */
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import type { ClientSettings } from "../ecosystem.ts";

export const settings: ClientSettings = {
  variables: ["GOPROXY"],
  files: () => [],
  // The first that is one: others are asked where it has not got what is wanted.
  read: (text) => text.split(/[,|]/).find((entry) => /^https?:/.test(entry)),
};

/** A library knows the public proxy; the address of a made-up module's file tells the base. */
export function publicRegistry(): string | undefined {
  const zip = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:golang/a.example/b@v1.0.0"))?.url;
  return zip && new URL("/", zip).href;
}
