/** Approval files as they lie on a branch. */
import { CordonError } from "../../core/errors.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import { type Approval, compileApprovals, PLACEHOLDERS } from "../../core/policy/approvals.ts";
import { type Diagnostic, formatDiagnostic } from "../../core/source/diagnostic.ts";
import { YamlFile } from "../../core/source/yaml-file.ts";

/** What two requests for the same thing have in common: all but when they were made, and who has approved. */
const SUBSTANCE = ["purl", "digests", "policies", "override", "reason", "ticket", "requestedBy"] as const;

export function isSameRequest(text: string, other: string): boolean {
  const [one, two] = [text, other].map((file) => own(new YamlFile({ path: "approval", text: file }).value, "spec"));
  return SUBSTANCE.every((field) => JSON.stringify(own(one, field)) === JSON.stringify(own(two, field)));
}

/** Who asked, and who has approved; undefined where nobody has yet. */
export function partiesOf(text: string): { readonly requestedBy?: string; readonly approvedBy?: string } {
  const spec = own(new YamlFile({ path: "approval", text }).value, "spec");
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
export function requireApproval(path: string, text: string): Approval {
  const diagnostics: Diagnostic[] = [];
  const [approval] = [...compileApprovals([{ path, text }], diagnostics).values()].flat();
  if (approval && diagnostics.every(({ severity }) => severity !== "error")) return approval;
  const issues = diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join("\n");
  throw new CordonError("USAGE", `${path} is no approval yet:\n${issues}`, {
    next: "Mend the file on its branch, and push it.",
  });
}
