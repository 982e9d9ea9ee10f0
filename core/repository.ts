/** A policy repository in a directory, read and compiled: what lint, test, build and check start from. */
import type { CordonConfig } from "../schemas/types/cordon.ts";
import { compileRecord } from "./advisories/osv.ts";
import { readAdvisories } from "./advisories/read.ts";
import { AdvisoryTable, writeTable } from "./advisories/table.ts";
import type { Feed } from "./bundle/build.ts";
import { parseConfig } from "./config.ts";
import { CordonError } from "./errors.ts";
import type { Rules } from "./gate.ts";
import { compilePolicies } from "./policy/compile.ts";
import { type PolicySource, readConfigFile, readPolicySource } from "./policy/source.ts";
import { type Diagnostic, formatDiagnostic } from "./source/diagnostic.ts";

/** The feed of the repository's own `advisories/`. */
export const LOCAL_FEED = "local";

export interface Repository {
  readonly dir: string;
  readonly config: CordonConfig;
  readonly source: PolicySource;
  readonly feeds: readonly Feed[];
  readonly rules: Rules;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads everything and collects every issue. Throws only where `dir` is no policy repository. */
export function readRepository(dir: string): Repository {
  const source = readPolicySource(dir);
  const { config, diagnostics: inConfig } = parseConfig(readConfigFile(dir));
  const { set, diagnostics: inPolicies } = compilePolicies(source);
  const { records, diagnostics: inAdvisories } = readAdvisories(dir);
  const table = new AdvisoryTable(LOCAL_FEED, writeTable(records.flatMap(compileRecord)));
  return {
    dir,
    config,
    source,
    feeds: [{ name: LOCAL_FEED, records }],
    rules: { set, tables: [table], reference: null },
    diagnostics: [...inConfig, ...inPolicies, ...inAdvisories],
  };
}

/** As readRepository(). Throws POLICY_INVALID where anything in it is an error. */
export function requireRepository(dir: string): Repository {
  const repository = readRepository(dir);
  const errors = repository.diagnostics.filter(({ severity }) => severity === "error");
  if (errors[0]) {
    const more = errors.length > 1 ? `\nand ${errors.length - 1} more` : "";
    throw new CordonError("POLICY_INVALID", `${formatDiagnostic(errors[0])}${more}`);
  }
  return repository;
}
