#!/usr/bin/env node
/** The command line's entry: the same file from the sources and when it is built. */
import { execute, settings } from "@oclif/core";
import { ownPackage } from "../own-package.ts";

settings.enableAutoTranspile = false; // both runtimes read TypeScript themselves
// Where the environment names no shell, oclif asks the system, which ends in an error for a user whom it does not know, as in containers.
process.env["SHELL"] ??= "";

const { url } = import.meta;
await execute({ dir: url, loadOptions: { ...ownPackage(url), ignoreManifest: url.endsWith(".ts") } });
