import { CordonError } from "../errors.ts";
import type { PurlType } from "../purl.ts";
import { cargo } from "./cargo/index.ts";
import type { Ecosystem } from "./ecosystem.ts";
import { golang } from "./golang/index.ts";
import { npm } from "./npm/index.ts";
import { pypi } from "./pypi/index.ts";

/** The ecosystems that have an adapter. */
export const ECOSYSTEMS: ReadonlyMap<PurlType, Ecosystem> = new Map(
  [npm, pypi, cargo, golang].map((ecosystem) => [ecosystem.type, ecosystem]),
);

/** Throws USAGE for an ecosystem without an adapter. */
export function requireEcosystem(type: PurlType): Ecosystem {
  const ecosystem = ECOSYSTEMS.get(type);
  if (!ecosystem) throw new CordonError("USAGE", `${type} is not served yet`);
  return ecosystem;
}
