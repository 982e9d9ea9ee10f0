import type { PurlType } from "../purl.ts";
import type { Ecosystem } from "./ecosystem.ts";
import { npm } from "./npm/index.ts";

/** The ecosystems that have an adapter. */
export const ECOSYSTEMS: ReadonlyMap<PurlType, Ecosystem> = new Map([[npm.type, npm]]);
