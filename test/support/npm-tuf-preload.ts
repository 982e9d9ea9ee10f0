/**
 * Preloaded into npm, which knows one TUF mirror and has no setting for another: its TUF client asks the mirror, and
 * begins with the root, that the environment names. The client and all that is verified with it stay npm's own.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";

type WithMirror = (options?: object) => unknown;

const requireOfNpm = createRequire(realpathSync(process.argv[1] ?? ""));
const tuf: Record<"initTUF" | "getTrustedRoot", WithMirror> = requireOfNpm("@sigstore/tuf");
const mirror = { mirrorURL: process.env["TUF_MIRROR"], rootPath: process.env["TUF_ROOT"] };
for (const name of ["initTUF", "getTrustedRoot"] as const) {
  const own = tuf[name];
  tuf[name] = (options) => own({ ...options, ...mirror });
}
