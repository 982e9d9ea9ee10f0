#!/usr/bin/env node
/** The command line's entry: the same file from the sources and when it is built. */
// First, for what the others import needs a current runtime.
import "./runtime.ts";
import { Errors, run, settings } from "@oclif/core";
import { ownPackage } from "../own-package.ts";

settings.enableAutoTranspile = false; // both runtimes read TypeScript themselves
// Where the environment names no shell, oclif asks the system, which ends in an error for a user whom it does not know, as in containers.
process.env["SHELL"] ??= "";

const { url } = import.meta;
// oclif's execute() also waits until standard output has drained, which it never does once its reader has gone (`… | head -1`).
try {
  await run(process.argv.slice(2), { ...ownPackage(url), ignoreManifest: url.endsWith(".ts") });
} catch (error) {
  await Errors.handle(error instanceof Error ? error : new Error(String(error)));
}
