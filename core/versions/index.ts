/** The order of versions, as each ecosystem's own tools know it. */
import type { PurlType } from "../purl.ts";
import { CARGO_VERSIONS } from "./cargo.ts";
import { GO_VERSIONS } from "./golang.ts";
import { NPM_VERSIONS } from "./npm.ts";
import type { VersionOrder } from "./order.ts";
import { PYPI_VERSIONS } from "./pypi.ts";

export const VERSION_ORDERS: Readonly<Record<PurlType, VersionOrder>> = {
  npm: NPM_VERSIONS,
  pypi: PYPI_VERSIONS,
  cargo: CARGO_VERSIONS,
  golang: GO_VERSIONS,
};
