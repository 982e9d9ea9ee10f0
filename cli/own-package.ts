/** Cordon's own package: where it lies, and what oclif is told of it, from the sources and when it is built. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Interfaces } from "@oclif/core";

export interface OwnPackage {
  /** The folder of package.json, which has `policies/` and `schemas/` in it either way. */
  readonly root: string;
  readonly pjson: Interfaces.PJSON;
}

/**
 * The package that a module of `cli/bin` belongs to, by the module's URL. What is built lies in `dist/` as the sources lie in the
 * checkout, so what package.json says of `./cli/` is told of `./dist/cli/`: oclif would go the other way by a tsconfig, with a transpiler.
 */
export function ownPackage(module: string): OwnPackage {
  const isBuilt = module.endsWith(".js");
  const root = fileURLToPath(new URL(isBuilt ? "../../../" : "../../", module));
  const text = readFileSync(`${root}package.json`, "utf8");
  return { root, pjson: JSON.parse(isBuilt ? text.replaceAll('"./cli/', '"./dist/cli/') : text) };
}
