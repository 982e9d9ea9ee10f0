/**
 * Approvals that lift nothing: what they name is malware by now, or their time is over. They fail a check, so that somebody
 * takes them out. A bundle does not wait for that: it brings proxies every other advisory, and is no laxer for them.
 */
import { type Diagnostic, formatDiagnostic } from "../../core/source/diagnostic.ts";
import { type Repository, readRepository } from "../repository.ts";

const CODES: ReadonlySet<string> = new Set(["approval-malicious", "approval-expired"]);

/** As readRepository(), for a bundle: what lint says of such approvals is a warning. */
export async function readForBundle(dir: string): Promise<Repository> {
  const repository = await readRepository(dir);
  const diagnostics = repository.diagnostics.map(
    (found): Diagnostic => (CODES.has(found.code) ? { ...found, severity: "warning" } : found),
  );
  return { ...repository, diagnostics };
}

export function ineffectiveApprovals({ diagnostics }: Repository): readonly Diagnostic[] {
  return diagnostics.filter(({ code }) => CODES.has(code));
}

/** What is to be done about them. */
export const ADVICE =
  "The bundle is built all the same, because these approvals lift nothing. Remove their files, or have the releases approved anew: until then every check fails.";

/** For people at a terminal; nothing where there is nothing to tell. */
export function warnOfIneffective(repository: Repository): readonly string[] {
  const found = ineffectiveApprovals(repository);
  return found.length > 0 ? [...found.map((one) => `${formatDiagnostic(one)}\n`), `${ADVICE}\n`] : [];
}
