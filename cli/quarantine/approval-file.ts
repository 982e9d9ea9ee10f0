/** Approval files as they lie on a branch. */
import { CordonError } from "../../core/errors.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import { type Approval, compileApprovals, findPlaceholders, PLACEHOLDERS } from "../../core/policy/approvals.ts";
import { type Diagnostic, formatDiagnostic } from "../../core/source/diagnostic.ts";
import { YamlFile } from "../../core/source/yaml-file.ts";

/** What two requests for the same thing have in common: all but when they were made, and who has approved. */
const LIFTED = ["purl", "digests", "policies", "override"] as const;
const SUBSTANCE = [...LIFTED, "reason", "ticket", "requestedBy"] as const;

/** Whether what lies there asks for the same, for as long, and is not over. */
export function isSameRequest(there: string, wanted: string, now: Date): boolean {
  const [one, two] = [specOf(there), specOf(wanted)];
  const [lasts, asked] = [one, two].map((spec) => timeOf(spec, "expires") - timeOf(spec, "created"));
  const isAsLong = isSame(one, two, ["expires"]) || lasts === asked;
  return isSame(one, two, SUBSTANCE) && isAsLong && timeOf(one, "expires") > now.getTime();
}

/** Whether what lies there lifts already what is asked for, whatever the reasons. */
export function liftsAlready(there: string, wanted: string, now: Date): boolean {
  const [one, two] = [specOf(there), specOf(wanted)];
  return (
    isSame(one, two, LIFTED) && timeOf(one, "expires") > now.getTime() && partiesOf(there).approvedBy !== undefined
  );
}

function specOf(text: string): unknown {
  return own(new YamlFile({ path: "approval", text }).value, "spec");
}

function isSame(one: unknown, two: unknown, fields: readonly string[]): boolean {
  return fields.every((field) => JSON.stringify(own(one, field)) === JSON.stringify(own(two, field)));
}

function timeOf(spec: unknown, field: string): number {
  return Date.parse(String(own(spec, field)));
}

/** Who asked, and who has approved; undefined where nobody has yet. */
export function partiesOf(text: string): { readonly requestedBy?: string; readonly approvedBy?: string } {
  const spec = specOf(text);
  if (!isObject(spec)) return {};
  const [requestedBy, approvedBy] = ["requestedBy", "approvedBy"].map((field) => ownString(spec, field));
  return {
    ...(requestedBy !== undefined && { requestedBy }),
    ...(approvedBy !== undefined && approvedBy !== PLACEHOLDERS.approvedBy && { approvedBy }),
  };
}

/** The file with who approves it. Throws USAGE where that does not stand on a line of its own. */
export function withApprover(path: string, text: string, approvedBy: string): string {
  const lines = [...text.matchAll(/^( *approvedBy:) *\S.*$/gm)];
  if (lines.length !== 1)
    throw new CordonError("USAGE", `${path} does not say \`approvedBy\` on one line`, {
      next: "Write it into the file by hand, and push it.",
    });
  return text.replace(/^( *approvedBy:) *\S.*$/m, (_, key) => `${key} ${JSON.stringify(approvedBy)}`);
}

/** The approval that a file gives. Throws USAGE with everything that is wrong with it. */
export function requireApproval(
  path: string,
  text: string,
  next = "Mend the file on its branch, and push it.",
): Approval {
  const diagnostics: Diagnostic[] = [];
  const [approval] = [...compileApprovals([{ path, text }], diagnostics).values()].flat();
  if (approval) diagnostics.push(...findPlaceholders(new YamlFile({ path, text })));
  if (approval && diagnostics.every(({ severity }) => severity !== "error")) return approval;
  const issues = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join("\n");
  throw new CordonError("USAGE", `${path} is no approval:\n${issues}`, { next });
}

/** When an approval ends, as its file says. */
export function endOf(text: string): string | undefined {
  return ownString(specOf(text), "expires");
}
