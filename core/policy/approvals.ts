/** Approvals: reviewed, exact-version, expiring records that lift a verdict. */
import schema from "../../schemas/approval.schema.json" with { type: "json" };
import type { Approval as ApprovalFile } from "../../schemas/types/approval.ts";
import type { Digests } from "../digest.ts";
import { messageOf } from "../errors.ts";
import { own } from "../json.ts";
import { parseReleasePurl, toPurl } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { oneLine } from "../words.ts";

const check = schemaCheck<ApprovalFile>(schema);
/** Of whoever asks or approves, in characters. */
export const MAX_NAME = 200;
const MAX_REASON = 2000;

export interface Approval {
  readonly path: string;
  readonly purl: string;
  readonly digests: ReadonlyMap<string, ReadonlySet<string>>;
  /** The policies that it lifts; undefined: every approvable one. */
  readonly policies: ReadonlySet<string> | undefined;
  /** Whether it says that it knows of a malicious advisory on the release. */
  readonly overridesMalicious: boolean;
  readonly approvedBy: string;
  /** On one line. */
  readonly reason: string;
  readonly created: Date;
  readonly expires: Date;
}

/** Reads the approval files by purl; what is wrong with them goes to `diagnostics`. */
export function compileApprovals(
  files: readonly SourceFile[],
  diagnostics: Diagnostic[],
): ReadonlyMap<string, readonly Approval[]> {
  const approvals = new Map<string, Approval[]>();
  for (const source of files) {
    const file = new YamlFile(source);
    const issues = file.check(check);
    if (issues.length > 0) {
      const drafted = findPlaceholders(file);
      const isTold = ({ line, column }: Diagnostic) =>
        drafted.some((one) => one.line === line && one.column === column);
      diagnostics.push(...drafted, ...issues.filter((issue) => !isTold(issue)));
      continue;
    }
    try {
      const approval = toApproval(source.path, file.value as ApprovalFile);
      approvals.set(approval.purl, [...(approvals.get(approval.purl) ?? []), approval]);
    } catch (error) {
      diagnostics.push(file.diagnostic("error", "purl", messageOf(error), ["spec", "purl"]));
    }
  }
  return approvals;
}

/** What a draft leaves to whoever asks for the approval, and to its reviewer. */
export const PLACEHOLDERS = {
  reason: "WHY IT IS NEEDED",
  requestedBy: "YOU",
  approvedBy: "REVIEWER",
  expires: "WITHIN approvals.maxDays",
} as const;

const INSTEAD: Record<keyof typeof PLACEHOLDERS, string> = {
  reason: "write why this release is needed, and what was looked at",
  requestedBy: "write who asks for it",
  approvedBy: "write who has reviewed it, and merges it",
  expires:
    "write the time at which it ends, such as 2026-01-31T12:00:00Z, within the days that `approvals.maxDays` allows",
};

/** A draft that nobody has completed must not pass for an approval that somebody has given. */
export function findPlaceholders(file: YamlFile): Diagnostic[] {
  const spec = own(file.value, "spec");
  return Object.entries(PLACEHOLDERS).flatMap(([field, text]) => {
    if (own(spec, field) !== text) return [];
    const message = `${field}: \`${text}\` is the draft's own text; ${INSTEAD[field as keyof typeof PLACEHOLDERS]}`;
    return [file.diagnostic("error", "placeholder", message, ["spec", field])];
  });
}

/** Whether two of the names by which approvals know people are one. */
export function isSamePerson(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

function toApproval(path: string, { spec }: ApprovalFile): Approval {
  const digests = new Map<string, Set<string>>();
  for (const digest of spec.digests) {
    const [algorithm = "", hex = ""] = digest.split(":");
    digests.set(algorithm, (digests.get(algorithm) ?? new Set()).add(hex));
  }
  return {
    path,
    purl: toPurl(parseReleasePurl(spec.purl)),
    digests,
    policies: spec.policies ? new Set(spec.policies) : undefined,
    overridesMalicious: spec.override === "malicious",
    approvedBy: oneLine(spec.approvedBy, MAX_NAME),
    reason: oneLine(spec.reason, MAX_REASON),
    created: new Date(spec.created),
    expires: new Date(spec.expires),
  };
}

/** Whether the approval holds for a file with these digests at this time. A file of unknown digests is never approved. */
export function approves(approval: Approval, digests: Digests, now: Date): boolean {
  if (now < approval.created || now >= approval.expires) return false;
  let agreed = false;
  for (const [algorithm, hex] of Object.entries(digests)) {
    const approved = approval.digests.get(algorithm);
    if (approved?.has(hex)) agreed = true;
    else if (approved) return false;
  }
  return agreed;
}
