/**
 * What an OSV record reports. The schema has no field for it: databases mark malicious releases by the id, by a CWE, in
 * fields of their own, or only in words. A record that nothing here recognises is a vulnerability.
 */
import type { Affected, OsvRecord } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";
import { own, ownString } from "../json.ts";

type Kind = Advisory["kind"];

const MALICIOUS_ID = /^(?:MAL|LWA)-/;

/** CWE-506 "Embedded Malicious Code" and what stands below it in CWE-1000: 507 to 512. */
const MALICIOUS_CWE = /^CWE-(?:50[6-9]|51[0-2])$/;

/** What PYSEC cites as EVIDENCE for malware: a file inside a published release, in the index's own source viewer. */
const INSPECTED_FILE = /^https?:\/\/[^/]+\/project\/[^/]+\/[^/]+\/packages\//;

/**
 * How the databases word a record on a malicious release that carries no mark: RUSTSEC ("was removed from … for
 * malicious code"), GO ("Malicious code in …", "a malicious typosquat"), PYSEC and GHSA. Each phrase speaks of the
 * package itself, in the past or as a fact; "allows running malicious code" or "may publish a malicious version" is how
 * a vulnerability is described. test/data/kinds.data.ts measures them.
 */
const MALICIOUS_WORDS: readonly RegExp[] = [
  /\bwas removed from \S+ (?:for|due to)\b[^.]*\bmalicious\b/i,
  /^malicious (?:code|package|crate|module)(?: in \S+(?: \(\w+\))?$| `|\.)/i,
  /\b(?:^|ha(?:s|ve) )embedded (?:malware|malicious code)\b/i,
  /^compromise(?:d| of) .*\bversions?\b/i,
  /\b(?:releases?|versions?) (?:(?:of \S+|were|was|published) )*contain(?:s|ed|ing)? [^.,;]*\b(?:malware|malicious)\b/i,
  /\b(?:discovered to contain|included|includes) a (?:potential )?code[- ]execution backdoor\b/i,
  /\bis a malicious (?:typosquat|package|module|crate)\b/i,
  /\bpublished a malicious (?:version|release)\b/i,
  /\bwas taken over\b[^.]*\bnew malicious release\b/i,
];

/** How much of `details` is read: the words that matter open the text, and later ones quote attackers and other packages. */
const OPENING = 300;

/** What a record reports of one package; `blocks` are its `affected` entries. */
export function kindOf(record: OsvRecord, blocks: readonly Affected[]): Kind {
  if ([record.id, ...(record.aliases ?? [])].some((id) => MALICIOUS_ID.test(id))) return "malicious";
  return statedKind(record) ?? (isMarked(record, blocks) || isWorded(record) ? "malicious" : kindOfNotice(blocks));
}

/** In-house records say it themselves. */
function statedKind({ database_specific }: OsvRecord): Kind | undefined {
  const kind = ownString(database_specific, "kind");
  return kind === "malicious" || kind === "vulnerability" || kind === "other" ? kind : undefined;
}

function isMarked({ database_specific, references }: OsvRecord, blocks: readonly Affected[]): boolean {
  return (
    own(database_specific, "malicious-packages-origins") !== undefined ||
    cwesOf(database_specific, blocks).some((cwe) => MALICIOUS_CWE.test(cwe)) ||
    // RUSTSEC's category.
    blocks.some((block) => listOf(own(block.database_specific, "categories")).includes("malicious")) ||
    (references ?? []).some(({ type, url }) => type === "EVIDENCE" && INSPECTED_FILE.test(url ?? ""))
  );
}

/** GHSA has them on the record, malicious-packages on each block. */
function cwesOf(ofRecord: unknown, blocks: readonly Affected[]): string[] {
  const ofBlocks = blocks.flatMap((block) => listOf(own(block.database_specific, "cwes")));
  return [...listOf(own(ofRecord, "cwe_ids")), ...ofBlocks.map((cwe) => own(cwe, "cweId"))].filter(
    (cwe) => typeof cwe === "string",
  );
}

function isWorded({ summary = "", details = "" }: OsvRecord): boolean {
  const opening = details.slice(0, OPENING).replace(/\s+/g, " ");
  return MALICIOUS_WORDS.some((words) => words.test(summary) || words.test(opening));
}

/** RUSTSEC's informational records: unmaintained, unsound, notice. */
function kindOfNotice(blocks: readonly Affected[]): Kind {
  const isNotice = blocks.every(({ database_specific }) => ownString(database_specific, "informational") !== undefined);
  return isNotice && blocks.length > 0 ? "other" : "vulnerability";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
