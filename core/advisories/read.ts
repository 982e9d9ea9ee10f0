/** OSV records of a folder: in-house verdicts, and the starter advisories. */
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { readFolder } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { checkOsvRecord } from "./osv.ts";

/** Reads `advisories/` of the repository in `dir`, JSON or YAML, one record a file. A record that is not valid is a diagnostic, never skipped in silence. */
export function readAdvisories(dir: string): { records: OsvRecord[]; diagnostics: Diagnostic[] } {
  const records: OsvRecord[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const source of readFolder(dir, "advisories", [".json", ".yaml", ".yml"])) {
    const file = new YamlFile(source);
    const issues = file.check(checkOsvRecord);
    diagnostics.push(...issues);
    if (issues.length === 0) records.push(file.value as OsvRecord);
  }
  return { records, diagnostics };
}
