/** What speaks for and against a release, for whoever approves it in a terminal. */
import type { ReleaseReport, ReleaseSummary } from "../../core/report.ts";
import { oneLine, visible } from "../../core/words.ts";
import { paint, paintVerdict, table } from "../print.ts";

const MAX_TEXT = 200;
const MAX_ITEMS = 20;
const MAX_LINES = 60;

/** Texts of others are cut, on one line each, and without anything that a terminal acts on. */
export function formatEvidence(report: ReleaseReport): string {
  const { purl, decision, until, release, previous } = report;
  const end = until === null ? "" : `, until ${until}`;
  return [
    `${paint("bold", purl)}: ${paintVerdict(decision)}${end}`,
    verdictsOf(report),
    advisoriesOn(release),
    release ? factsOf(release) : "",
    scriptsOf(release),
    previous ? changesOf(previous) : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function verdictsOf({ verdicts }: ReleaseReport): string {
  const rows = verdicts
    .slice(0, MAX_ITEMS)
    .map(({ verdict, policy, rule, reason }) => [`  ${paintVerdict(verdict)}`, `${policy}/${rule}`, told(reason)]);
  return table(rows);
}

function advisoriesOn(release: ReleaseSummary | null): string {
  const rows = (release?.advisories ?? [])
    .slice(0, MAX_ITEMS)
    .map(({ kind, id, summary }) => [
      `  ${kind === "malicious" ? paint("red", kind) : kind}`,
      told(id),
      told(summary ?? ""),
    ]);
  return rows.length === 0 ? "" : `Advisories\n${table(rows)}`;
}

function factsOf({ published, publisher, repository, attestation, provenance }: ReleaseSummary): string {
  const built = attestation
    ? `${attestation.verified ? "verified, from" : "not verified:"} ${told(attestation.repository ?? attestation.problem ?? "")}`
    : provenance?.lost
      ? `none, though ${told(provenance.lostFrom ?? "earlier releases")} had one`
      : provenance?.present
        ? "there, not verified"
        : "none";
  const rows = [
    ["  Published", published ?? "at a time that the registry does not tell"],
    ["  Publisher", told(publisher ?? "not told")],
    ["  Repository", told(repository ?? "not told")],
    ["  Build attestation", built],
  ];
  return `The release\n${table(rows)}`;
}

function scriptsOf(release: ReleaseSummary | null): string {
  const scripts = release?.installScripts ?? [];
  if (scripts.length === 0) return "";
  const shown = scripts.flatMap(({ name, text }) => [
    `  ${paint("bold", told(name))}`,
    ...visible(text.replace(/\r\n?/g, "\n").trimEnd())
      .split("\n")
      .map((line) => `  │ ${line}`),
  ]);
  const more = shown.length - MAX_LINES;
  const rest = more > 0 ? [`  … ${more} more lines: read them in the request.`] : [];
  return ["Install scripts", ...shown.slice(0, MAX_LINES), ...rest].join("\n");
}

function changesOf({ version, changes }: NonNullable<ReleaseReport["previous"]>): string {
  const rows = changes
    .slice(0, MAX_ITEMS)
    .map(({ what, before, after }) => [`  ${told(what)}`, `${told(before ?? "none")} → ${told(after ?? "none")}`]);
  return `New since ${told(version)}\n${rows.length === 0 ? "  nothing that the registry tells of" : table(rows)}`;
}

function told(text: string): string {
  return visible(oneLine(text.slice(0, MAX_TEXT + 1), MAX_TEXT));
}
