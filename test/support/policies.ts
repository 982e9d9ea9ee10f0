/** Policy files in a few words. */

import { compileRecord } from "../../core/advisories/osv.ts";
import { AdvisoryTable, writeTable } from "../../core/advisories/table.ts";
import type { Rules } from "../../core/gate.ts";
import { compilePolicies, type PolicySet } from "../../core/policy/compile.ts";
import type { PolicySource } from "../../core/policy/source.ts";
import { formatDiagnostic } from "../../core/source/diagnostic.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";

/** A policy file named after `name`; `spec` is YAML, indented by two spaces. */
export function policyFile(name: string, spec: string): { path: string; text: string } {
  return {
    path: `policies/${name}.yaml`,
    text: `apiVersion: cordon/v1\nkind: PackagePolicy\nmetadata: { name: ${name} }\nspec:\n${spec}\n`,
  };
}

export function listFile(name: string, entries: readonly string[]): { path: string; text: string } {
  const spec = JSON.stringify({ entries });
  return {
    path: `lists/${name}.yaml`,
    text: `apiVersion: cordon/v1\nkind: PackageList\nmetadata: { name: ${name} }\nspec: ${spec}\n`,
  };
}

export interface ApprovalFixture {
  readonly purl: string;
  readonly digests: readonly string[];
  readonly policies?: readonly string[];
  readonly override?: "malicious";
  readonly requestedBy?: string;
  readonly created?: string;
  readonly expires?: string;
  /** Left out: `approvals/npm/one.yaml`. */
  readonly path?: string;
}

export function approvalFile({ path = "approvals/npm/one.yaml", ...approval }: ApprovalFixture) {
  const spec = {
    reason: "Reviewed.",
    requestedBy: "dev",
    approvedBy: "security",
    created: "2026-11-01T00:00:00Z",
    expires: "2026-12-01T00:00:00Z",
    ...approval,
  };
  return { path, text: JSON.stringify({ apiVersion: "cordon/v1", kind: "Approval", spec }) };
}

export function compileSet(source: Partial<PolicySource>): PolicySet {
  const { set, diagnostics } = compilePolicies({ policies: [], lists: [], approvals: [], ...source });
  const failure = diagnostics.find(({ severity }) => severity === "error");
  if (failure) throw new Error(formatDiagnostic(failure));
  return set;
}

export function rulesOf(source: Partial<PolicySource>, records: readonly OsvRecord[] = []): Rules {
  return {
    set: compileSet(source),
    tables: [new AdvisoryTable("local", writeTable(records.flatMap(compileRecord)))],
    reference: null,
  };
}

/** `ecosystem`: as OSV names it. */
export function malwareRecord(
  name: string,
  versions: readonly string[],
  id = "MAL-2026-1",
  ecosystem: "npm" | "PyPI" | "crates.io" | "Go" = "npm",
): OsvRecord {
  return {
    id,
    modified: "2026-11-01T00:00:00Z",
    summary: `${name} steals tokens.`,
    affected: [{ package: { ecosystem, name }, versions: [...versions] }],
    references: [{ type: "ADVISORY", url: `https://advisories.example/${id}` }],
  };
}

export const MALWARE_POLICY = policyFile(
  "known-malicious",
  `  rules:
    - name: malware
      condition: advisories.exists(a, a.kind == "malicious")
      verdict: block
      message: An advisory names this release as malicious.
  approvable: false`,
);

export const AGE_POLICY = policyFile(
  "release-age",
  `  params: { minAge: 72h }
  rules:
    - name: no-time
      condition: "!has(release.published)"
      verdict: quarantine
      message: No publish time.
    - name: too-young
      condition: now - release.published < duration(params.minAge)
      verdict: quarantine
      until: release.published + duration(params.minAge)
      message: Published less than three days ago.`,
);

export const SCRIPTS_POLICY = policyFile(
  "install-scripts",
  `  rules:
    - name: changed
      condition: release.installScriptsChange in ["new", "changed"]
      verdict: quarantine
      message: Its install scripts are new or changed.`,
);
