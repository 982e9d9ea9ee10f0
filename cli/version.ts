/** Cordon's own version, for those who have no command line to ask. */
import manifest from "../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
