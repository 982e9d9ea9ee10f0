/** OSV records of a folder: in-house verdicts, and the starter advisories. */
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { readFolder } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { checkOsvRecord, ECOSYSTEM_NAMES, examineRecord, type RecordNote } from "./osv.ts";

/**
 * Reads `advisories/` of the repository in `dir`, JSON or YAML, one record a file. A record that is not valid is an
 * error, never skipped in silence; one that says less than it seems to is a warning.
 */
export function readAdvisories(dir: string): { records: OsvRecord[]; diagnostics: Diagnostic[] } {
  const records: OsvRecord[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const source of readFolder(dir, "advisories", [".json", ".yaml", ".yml"])) {
    const file = new YamlFile(source);
    const issues = file.check(checkOsvRecord);
    diagnostics.push(...issues);
    if (issues.length > 0) continue;
    const record = file.value as OsvRecord;
    records.push(record);
    diagnostics.push(
      ...notesOn(record).map(({ path, message }) => file.diagnostic("warning", "advisory-note", message, path)),
    );
  }
  return { records, diagnostics };
}

/** A feed has records of other ecosystems; among a repository's own one that names no other is a slip of the pen. */
function notesOn(record: OsvRecord): RecordNote[] {
  const { entries, notes } = examineRecord(record);
  if (entries.length > 0 || notes.length > 0 || record.withdrawn) return notes;
  return [{ path: ["affected"], message: `it names no package of ${ECOSYSTEM_NAMES.join(", ")}` }];
}
