#!/usr/bin/env node
/** The command line's entry: the same file from the sources and when it is built. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execute, settings } from "@oclif/core";

const fromSource = import.meta.url.endsWith(".ts");
const root = fileURLToPath(new URL(fromSource ? "../../" : "../../../", import.meta.url));
const pjson = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
settings.enableAutoTranspile = false; // both runtimes read TypeScript themselves

await execute({ dir: import.meta.url, loadOptions: { root, pjson, ignoreManifest: fromSource } });
