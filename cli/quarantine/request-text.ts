/** What a reviewer reads: the title and body of a request, with all the evidence there is. */
import type { Change } from "../../core/comparison.ts";
import type { ApprovalAnswers } from "../../core/refusal.ts";
import type { ReleaseReport, ReleaseSummary, ReportedVerdict } from "../../core/report.ts";
import { parseInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import type { Demand } from "../audit/demand.ts";
import type { RequestText } from "../forge/forge.ts";
import { codeBlock, codeLink, inlineCode } from "../markdown.ts";

export interface RequestEvidence {
  readonly report: ReleaseReport;
  readonly answers: ApprovalAnswers;
  /** Who asked for it; undefined where no log was given. */
  readonly demand: Demand | undefined;
  /** Where the decision page is; undefined where it is not known. */
  readonly pageUrl: string | undefined;
}

/** GitHub takes 65,536 characters. */
const MAX_BODY = 60_000;
const MAX_TITLE = 200;
const MAX_ITEMS = 30;
const MAX_SCRIPTS = 10;

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
  return { title: oneLine(`Approve ${report.purl}`, MAX_TITLE), body: fit(sections.filter((one) => one !== "")) };
}

/** Sections are left out whole: half of one would mislead. */
function fit(sections: readonly string[]): string {
  const shown: string[] = [];
  let size = 0;
  for (const section of sections) {
    size += section.length + 2;
    if (size > MAX_BODY) {
      shown.push("(What follows is too long for a request; the decision page has all of it.)");
      break;
    }
    shown.push(section);
  }
  return `${shown.join("\n\n")}\n`;
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
  return list("### Who asks, and why", [
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
  const tasks = list("### For the reviewer", [
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

const WORDS: Readonly<Record<ReportedVerdict["verdict"], string>> = {
  block: "blocks",
  quarantine: "holds",
  "strip-scripts": "takes scripts out",
  warn: "warns",
  allow: "allows",
};

function verdictsOf({ verdicts, skipped }: ReleaseReport): string {
  const told = verdicts.slice(0, MAX_ITEMS).map(({ policy, rule, verdict, reason, mode, liftedBy, source }) => {
    const trial = mode === "audit" ? " (on trial)" : "";
    const lifted = liftedBy === null ? "" : ` (lifted by ${inlineCode(liftedBy)})`;
    const place = source ? ` ${codeLink(source.url, `${source.file}:${source.line}`)}` : "";
    const change = source?.change
      ? `, last changed by ${inlineCode(source.change.author)} on ${timeText(source.change.date)}`
      : "";
    return `**${WORDS[verdict]}** ${inlineCode(`${policy}/${rule}`)}${trial}${lifted}: ${inlineCode(reason, 600)}${place}${change}`;
  });
  const first = verdicts[0]?.source?.condition;
  const unjudged =
    skipped.length > 0
      ? `\n\nNot judged for want of facts: ${skipped
          .slice(0, MAX_ITEMS)
          .map((name) => inlineCode(name))
          .join(", ")}`
      : "";
  return `${list("### What the policies say", told)}${first ? `\n\n${codeBlock(first, "")}` : ""}${unjudged}`;
}

function advisoriesOn({ release, evidence }: ReleaseReport): string {
  if (!release?.advisories.length)
    return list(
      "### Advisories",
      evidence.slice(0, MAX_ITEMS).map(({ id, url, source }) => `${codeLink(url, id)} from ${inlineCode(source)}`),
    );
  const told = release.advisories
    .slice(0, MAX_ITEMS)
    .map(({ id, url, kind, severity, score, summary, fixed, source }) => {
      const rating = [severity, score === null ? null : `CVSS ${score}`].filter((one) => one !== null).join(", ");
      const end = fixed.length > 0 ? `; fixed in ${fixed.map((version) => inlineCode(version)).join(", ")}` : "";
      return `**${kind}** ${codeLink(url, id)}${rating && ` (${inlineCode(rating)})`}: ${inlineCode(summary ?? "", 500)}${end} (feed ${inlineCode(source)})`;
    });
  return list("### Advisories", told);
}

function releaseFacts({ release, purl }: ReleaseReport): string {
  if (!release) return `### The release\n\nThe registry does not list ${inlineCode(purl, 1024)}.`;
  return list("### The release", [
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
  const scripts = release?.installScripts ?? [];
  if (scripts.length === 0) return "";
  const shown = scripts
    .slice(0, MAX_SCRIPTS)
    .map(({ name, text }) => `${inlineCode(name)}\n\n${codeBlock(text, "sh")}`);
  const rest = scripts.length > MAX_SCRIPTS ? [`${scripts.length - MAX_SCRIPTS} more`] : [];
  return ["### Install scripts", ...shown, ...rest].join("\n\n");
}

function changesOf({ previous }: ReleaseReport): string {
  if (!previous) return "";
  const heading = `### New since ${inlineCode(previous.version)}`;
  return previous.changes.length === 0
    ? `${heading}\n\nNothing that the registry tells of.`
    : list(heading, previous.changes.slice(0, MAX_ITEMS).map(changeText));
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
  return list(`### Who asked for it\n\n${times}, first on ${timeText(first)}, last on ${timeText(last)}:`, [
    ...named,
    ...more,
  ]);
}

function digestsOf({ release }: ReleaseReport): string {
  const files = release?.files ?? [];
  const lines = files
    .slice(0, MAX_ITEMS)
    .flatMap(({ name, digests }) =>
      Object.entries(digests).map(([algorithm, hex]) => `${inlineCode(name)}: ${inlineCode(`${algorithm}:${hex}`)}`),
    );
  return list("### Files and digests", lines);
}

/** Nothing where there are no items. */
function list(heading: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `${heading}\n\n${items.map((item) => `- ${item}`).join("\n")}`;
}

/** `2026-11-22 12:00 UTC`. */
function timeText(instant: string): string {
  const date = parseInstant(instant);
  return date ? `${date.toISOString().slice(0, 16).replace("T", " ")} UTC` : inlineCode(instant);
}
