import type { PolicyVerdict, Verdict } from "../../schemas/types/decision.ts";
export interface ReleaseReport {
  readonly code: "POLICY_ALLOWED" | "POLICY_HELD" | "POLICY_BLOCKED" | "POLICY_STRIPPED";
  readonly error?: string;
  readonly decision: Verdict;
  readonly purl: string;
  readonly policy: string | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly evidence: readonly { id: string; source: string; url: string | null }[];
  readonly until: string | null;
  readonly bundle: { revision: number; digest: string } | null;
  readonly decidedAt: string;
  readonly remediation: {
    requestUrl: string | null;
    alternatives: readonly string[];
    approvalUrl: string | null;
    command: string | null;
  };
  readonly retry: string;
  readonly verdicts: readonly ReportedVerdict[];
  readonly skipped: readonly string[];
  readonly release: ReleaseSummary | null;
  readonly previous: {
    version: string;
    published: string | null;
    changes: readonly { what: string; before: string | null; after: string | null }[];
  } | null;
  readonly approval?: { path: string; text: string };
}
export interface ReportedVerdict extends Omit<PolicyVerdict, "strip"> {
  readonly source: null | {
    title: string;
    description: string;
    file: string;
    line: number;
    condition: string;
    change: null | { commit: string; author: string; date: string };
    url: string | null;
    approvable: boolean;
  };
}
export interface ReleaseSummary {
  readonly version: string;
  readonly published: string | null;
  readonly publisher: string | null;
  readonly license: string | null;
  readonly repository: string | null;
  readonly deprecated: string | null;
  readonly yanked: boolean;
  readonly yankedReason: string | null;
  readonly size: number | null;
  readonly installScripts: readonly { name: string; text: string }[];
  readonly provenance: { present: boolean; lost: boolean; lostFrom: string | null } | null;
  readonly attestation: {
    verified: boolean;
    problem: string | null;
    repository: string | null;
    workflow: string | null;
  } | null;
  readonly advisories: {
    id: string;
    kind: "malicious" | "vulnerability" | "other";
    severity: string | null;
    score: number | null;
    summary: string | null;
    fixed: readonly string[];
    source: string;
    url: string | null;
  }[];
  readonly files: readonly { name: string; size: number | null; digests: Record<string, string> }[];
}
export interface PackageReport {
  readonly purl: string;
  readonly allowed: readonly string[];
  readonly denied: Omit<ReleaseReport, "release" | "previous" | "approval" | "verdicts" | "skipped">[];
  readonly more: number;
}
