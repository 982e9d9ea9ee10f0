/** Beside the decision: what is known of the release, its files, and who decided. */

import { type Content, html, type Markup } from "../../core/page/html.ts";
import { fact, section, sizeText } from "../../core/page/parts.ts";
import { claimedAddress, firstOf, grouped, said } from "../../core/page/said.ts";
import { between, dayOf, spanText, timeOf } from "../../core/page/times.ts";
import { parsePurl, toPurl } from "../../core/purl.ts";
import type { ReleaseReport, ReleaseSummary } from "../../core/report.ts";
import { andMore } from "./report-parts.ts";

const MAX_FILES = 30;
const MAX_DIGESTS = 10;

/** `pages`: what the addresses of decision pages begin with. */
export function factsOn(report: ReleaseReport, pages: string): Content {
  return [releaseOf(report), decisionOf(report, pages)];
}

function releaseOf({ release, decidedAt }: ReleaseReport): Markup {
  if (!release) {
    const text = "The registry does not list it: this was decided by its name and version alone.";
    return section("release", "The release", html`<p class="muted small">${text}</p>`);
  }
  const { published, publisher, license, repository, size, deprecated, yanked, yankedReason } = release;
  const rows = [
    fact("Published", published ? [dayOf(published), age(published, decidedAt)] : "The registry does not say"),
    fact("Publisher", publisher && said(publisher, 100)),
    fact("Licence", license && said(license, 100)),
    fact("Repository, as claimed", repository && claimedAddress(repository)),
    attestationOf(release),
    provenanceOf(release),
    fact("Unpacked size", size === null ? undefined : sizeText(size)),
    fact("Deprecated", deprecated && said(deprecated, 300)),
    fact("Withdrawn", yanked ? said(yankedReason ?? "by its publisher", 300) : undefined),
  ];
  return section("release", "The release", [html`<dl class="facts">${rows}</dl>`, filesOf(release)]);
}

function age(published: string, decidedAt: string): Content {
  const span = between(published, decidedAt) ?? -1;
  return span >= 0 && html`<div class="muted small">${spanText(span)} before this decision</div>`;
}

function attestationOf({ attestation }: ReleaseSummary): Content {
  if (!attestation) return undefined;
  const { verified, problem, repository, workflow } = attestation;
  if (!verified) return fact("Build attestation", [alarm("Not verified"), problem && html`: ${said(problem, 300)}`]);
  const from = repository && html`: built from ${claimedAddress(repository)}`;
  // It begins with the repository, mostly.
  const by = workflow?.replace(`${repository}/`, "");
  return fact("Build attestation", html`Verified${from}${by && html`<div class="digest">${said(by, 300)}</div>`}`);
}

function provenanceOf({ provenance, attestation }: ReleaseSummary): Content {
  if (!provenance) return undefined;
  const { present, lost, lostFrom } = provenance;
  if (lost)
    return fact("Provenance", [alarm("Lost"), lostFrom && html`: ${said(lostFrom, 60)} had some, this has none`]);
  if (attestation) return undefined;
  return fact("Provenance", present ? "Named by the registry; not verified here" : "None");
}

function alarm(word: string): Markup {
  return html`<span class="alarm held">${word}</span>`;
}

function filesOf({ files }: ReleaseSummary): Content {
  const { shown, more } = firstOf(files, MAX_FILES);
  if (shown.length === 0) return undefined;
  const items = shown.map(
    ({ name, size, digests }) =>
      html`<li class="small">${said(name, 200)}${size !== null && html` <span class="muted">${sizeText(size)}</span>`}
${Object.entries(digests)
  .slice(0, MAX_DIGESTS)
  .map(([algorithm, hex]) => html`<div class="digest">${said(algorithm, 20)}: ${said(hex, 200)}</div>`)}</li>`,
  );
  const title = files.length === 1 ? "File and digests" : `${grouped(files.length)} files and digests`;
  return html`<details><summary>${title}</summary><ul class="files">${items}</ul>${andMore(more, "files")}</details>`;
}

function decisionOf({ purl, bundle, decidedAt }: ReleaseReport, pages: string): Markup {
  const { type, name } = parsePurl(purl);
  const rules = bundle && html`Revision ${bundle.revision}<div class="digest">${said(bundle.digest, 80)}</div>`;
  const rows = [
    fact("Decided", timeOf(decidedAt)),
    fact("By bundle", rules ?? "none: rules straight from a folder"),
    fact("For programs", html`<a href="${pages}${purl}?format=json">The same as JSON</a>`),
    fact("Elsewhere", html`<a href="${pages}${toPurl({ type, name })}">All decisions on ${said(name, 60)}</a>`),
  ];
  return section("decision", "The decision", html`<dl class="facts">${rows}</dl>`);
}
