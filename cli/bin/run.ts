#!/usr/bin/env node
/** The command line's entry: the same file from the sources and when it is built. */
import { execute, settings } from "@oclif/core";
import { ownPackage } from "../own-package.ts";

settings.enableAutoTranspile = false; // both runtimes read TypeScript themselves

const { url } = import.meta;
await execute({ dir: url, loadOptions: { ...ownPackage(url), ignoreManifest: url.endsWith(".ts") } });
