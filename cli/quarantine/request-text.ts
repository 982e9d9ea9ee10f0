/** What a reviewer reads: the title and body of a request, with all the evidence there is. */
import type { Change } from "../../core/comparison.ts";
import type { ApprovalAnswers } from "../../core/refusal.ts";
import type { ReleaseReport, ReleaseSummary, ReportedVerdict } from "../../core/report.ts";
import { parseInstant } from "../../core/time.ts";
import { VERDICT_WORDS } from "../../core/verdict.ts";
import { oneLine } from "../../core/words.ts";
import type { Demand } from "../audit/demand.ts";
import type { RequestText } from "../forge/forge.ts";
import { codeBlock, codeLink, inlineCode, strangersLink } from "../markdown.ts";

export interface RequestEvidence {
  readonly report: ReleaseReport;
  readonly answers: ApprovalAnswers;
  /** Who asked for it; undefined where no log was given. */
  readonly demand: Demand | undefined;
  /** Where the decision page is; undefined where it is not known. */
  readonly pageUrl: string | undefined;
}

/**
 * What each part may take, in characters. GitHub takes 65,536 in all, and what a stranger can make long must not push out
 * what speaks against it.
 */
const ROOM = {
  asking: 8000,
  reviewing: 4000,
  verdicts: 9000,
  condition: 1500,
  advisories: 7000,
  release: 5000,
  script: 4500,
  scripts: 14_000,
  changes: 7000,
  demand: 3000,
  digests: 3000,
};
const MAX_TITLE = 200;
const MAX_ITEMS = 30;

export function requestText(evidence: RequestEvidence): RequestText {
  const { report } = evidence;
  const sections = [
    summaryOf(evidence),
    askingFor(evidence),
    reviewing(report),
    verdictsOf(report),
    advisoriesOn(report),
    releaseFacts(report),
    scriptsOf(report),
    changesOf(report),
    demandFor(evidence.demand),
    digestsOf(report),
  ];
  const body = `${sections.filter((one) => one !== "").join("\n\n")}\n`;
  return { title: oneLine(`Approve ${report.purl}`, MAX_TITLE), body };
}

function summaryOf({ report, pageUrl }: RequestEvidence): string {
  const { purl, decision, policy, rule, reason, until } = report;
  const what = decision === "block" ? "blocked" : "held";
  const by = policy === null ? "" : ` by policy ${inlineCode(policy)}, rule ${inlineCode(rule ?? "")}`;
  const end = until === null ? ". That does not end by itself." : `, until ${timeText(until)}.`;
  const page = pageUrl === undefined ? "" : `\n\nThe decision page: ${codeLink(pageUrl, pageUrl)}`;
  return `${inlineCode(purl, 1024)} is **${what}**${by}${end}\n\n> ${inlineCode(reason, 600)}${page}`;
}

function askingFor({ answers }: RequestEvidence): string {
  const { requestedBy = "", reason = "", expires, ticket, override } = answers;
  return list("### Who asks, and why", ROOM.asking, [
    `${inlineCode(requestedBy)}: ${inlineCode(reason, 2000)}`,
    ...(ticket === undefined ? [] : [`Ticket: ${codeLink(ticket, ticket)}`]),
    ...(expires === undefined ? [] : [`The approval ends on ${timeText(expires)}.`]),
    ...(override === undefined ? [] : ["**It overrides an advisory that calls this release malicious.**"]),
  ]);
}

function reviewing({ release, previous, verdicts }: ReleaseReport): string {
  const scripts = release?.installScripts.length ?? 0;
  const strict = verdicts.filter(
    ({ mode, liftedBy, source }) => mode === "enforce" && liftedBy === null && source?.approvable === false,
  );
  const tasks = list("### For the reviewer", ROOM.reviewing, [
    "[ ] The reason is worth the risk, and no allowed version would do.",
    ...(scripts > 0 ? ["[ ] The install scripts below were read, and what they run."] : []),
    ...(previous ? [`[ ] What is new since ${inlineCode(previous.version)} was looked at.`] : []),
    ...strict.map(
      ({ policy }) => `[ ] ${inlineCode(policy)} is not meant to be lifted; this approval names it all the same.`,
    ),
    "[ ] Whoever approves is not who asks.",
  ]);
  return `${tasks}\n\nThen \`cordon quarantine approve\` with the purl above, or write your name as \`approvedBy\` into the file; and merge.`;
}

function verdictsOf({ verdicts, skipped }: ReleaseReport): string {
  const told = verdicts.map(({ policy, rule, verdict, reason, mode, liftedBy, source }) => {
    const trial = mode === "audit" ? " (on trial)" : "";
    const lifted = liftedBy === null ? "" : ` (lifted by ${inlineCode(liftedBy)})`;
    const place = source ? ` ${codeLink(source.url, `${source.file}:${source.line}`)}` : "";
    const change = source?.change
      ? `, last changed by ${inlineCode(source.change.author)} on ${timeText(source.change.date)}`
      : "";
    return `**${VERDICT_WORDS[verdict].imperative}** ${inlineCode(`${policy}/${rule}`)}${trial}${lifted}: ${inlineCode(reason, 600)}${place}${change}`;
  });
  return [
    list("### What the policies say", ROOM.verdicts, told),
    conditionOf(verdicts),
    ...(skipped.length > 0 ? [`Not judged for want of facts: ${namesOf(skipped)}`] : []),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The words of the rule that decides. */
function conditionOf([first]: readonly ReportedVerdict[]): string {
  if (!first?.source) return "";
  const { policy, rule, source } = first;
  return `${inlineCode(`${policy}/${rule}`)} reads:\n\n${codeBlock(source.condition, "", ROOM.condition)}`;
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => inlineCode(name, 64));
  return [...shown, ...(names.length > shown.length ? ["and more"] : [])].join(", ");
}

function advisoriesOn({ release, evidence }: ReleaseReport): string {
  if (!release?.advisories.length)
    return list(
      "### Advisories",
      ROOM.advisories,
      evidence.map(({ id, url, source }) => `${strangersLink(url, id)} from ${inlineCode(source)}`),
    );
  const told = release.advisories.map(({ id, url, kind, severity, score, summary, fixed, source }) => {
    const rating = [severity, score === null ? null : `CVSS ${score}`].filter((one) => one !== null).join(", ");
    const end = fixed.length > 0 ? `; fixed in ${fixed.map((version) => inlineCode(version)).join(", ")}` : "";
    return `**${kind}** ${strangersLink(url, id)}${rating && ` (${inlineCode(rating)})`}: ${inlineCode(summary ?? "", 500)}${end} (feed ${inlineCode(source)})`;
  });
  return list("### Advisories", ROOM.advisories, told);
}

function releaseFacts({ release, purl }: ReleaseReport): string {
  if (!release) return `### The release\n\nThe registry does not list ${inlineCode(purl, 1024)}.`;
  return list("### The release", ROOM.release, [
    `Published ${release.published === null ? "at a time that the registry does not tell" : timeText(release.published)}`,
    ...told("Publisher", release.publisher),
    ...told("Licence", release.license),
    ...told("Repository, as claimed", release.repository),
    ...told("Deprecated", release.deprecated),
    ...(release.yanked
      ? [`Withdrawn by its publisher${release.yankedReason === null ? "" : `: ${inlineCode(release.yankedReason)}`}`]
      : []),
    ...provenanceOf(release),
  ]);
}

function told(what: string, value: string | null): string[] {
  return value === null ? [] : [`${what}: ${inlineCode(value)}`];
}

function provenanceOf({ attestation, provenance }: ReleaseSummary): string[] {
  if (attestation?.verified)
    return [
      `Build attestation: verified, from ${inlineCode(attestation.repository ?? "")} by ${inlineCode(attestation.workflow ?? "")}`,
    ];
  if (attestation) return [`Build attestation: **not verified**: ${inlineCode(attestation.problem ?? "")}`];
  if (provenance?.lost)
    return [`Build attestation: **none, though ${inlineCode(provenance.lostFrom ?? "earlier releases")} had one**`];
  return provenance
    ? [`Build attestation: ${provenance.present ? "there, as the registry says; not verified" : "none"}`]
    : [];
}

function scriptsOf({ release }: ReleaseReport): string {
  const parts: string[] = [];
  let room = ROOM.scripts;
  for (const { name, text } of release?.installScripts ?? []) {
    const part = `${inlineCode(name, 100)}\n\n${codeBlock(text, "sh", ROOM.script)}`;
    room -= part.length;
    if (room < 0) break;
    parts.push(part);
  }
  const more = (release?.installScripts.length ?? 0) - parts.length;
  if (more > 0) parts.push(`**${more} more: read them before you approve.**`);
  return parts.length === 0 ? "" : ["### Install scripts", ...parts].join("\n\n");
}

function changesOf({ previous }: ReleaseReport): string {
  if (!previous) return "";
  const heading = `### New since ${inlineCode(previous.version)}`;
  return previous.changes.length === 0
    ? `${heading}\n\nNothing that the registry tells of.`
    : list(heading, ROOM.changes, previous.changes.map(changeText));
}

function changeText({ what, before, after }: Change): string {
  const value = (text: string | null) => (text === null ? "none" : inlineCode(text, 500));
  return `${inlineCode(what)}: ${value(before)} → ${value(after)}`;
}

function demandFor(demand: Demand | undefined): string {
  if (!demand) return "";
  const { count, first, last, clients, hasMoreClients } = demand;
  if (count === 0 || first === null || last === null)
    return "### Who asked for it\n\nNobody, by the logs that were given.";
  const named = clients
    .slice(0, 10)
    .map((client) => `${client.count} × ${inlineCode(client.agent)} at ${inlineCode(client.address)}`);
  const more = hasMoreClients || clients.length > named.length ? ["and others"] : [];
  const times = count === 1 ? "Once" : `${count} times`;
  return list(
    `### Who asked for it\n\n${times}, first on ${timeText(first)}, last on ${timeText(last)}:`,
    ROOM.demand,
    [...named, ...more],
  );
}

function digestsOf({ release }: ReleaseReport): string {
  const lines = (release?.files ?? []).flatMap(({ name, digests }) =>
    Object.entries(digests).map(([algorithm, hex]) => `${inlineCode(name)}: ${inlineCode(`${algorithm}:${hex}`)}`),
  );
  return list("### Files and digests", ROOM.digests, lines);
}

/** As many items as there is room for, and how many there are besides; nothing where there are none. */
function list(heading: string, room: number, items: readonly string[]): string {
  if (items.length === 0) return "";
  const lines: string[] = [];
  let left = room;
  for (const item of items.slice(0, MAX_ITEMS)) {
    left -= item.length + 3;
    if (left < 0) break;
    lines.push(`- ${item}`);
  }
  const more = items.length - lines.length;
  if (more > 0) lines.push(`- and ${more} more`);
  return `${heading}\n\n${lines.join("\n")}`;
}

/** `2026-11-22 12:00 UTC`. */
function timeText(instant: string): string {
  const date = parseInstant(instant);
  return date ? `${date.toISOString().slice(0, 16).replace("T", " ")} UTC` : inlineCode(instant);
}
