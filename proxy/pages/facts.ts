/** Beside the decision: what is known of the release, its files, and who decided. */

import { parsePurl, toPurl } from "../../core/purl.ts";
import type { ReleaseReport, ReleaseSummary } from "../../core/report.ts";
import { type Content, html, type Markup } from "./html.ts";
import { andMore, fact, section, sizeText } from "./parts.ts";
import { claimedAddress, firstOf, said } from "./said.ts";
import { between, dayOf, spanText, timeOf } from "./times.ts";

const MAX_FILES = 30;

/** `pages`: what the addresses of decision pages begin with. */
export function factsOn(report: ReleaseReport, pages: string): Content {
  const { release, bundle, decidedAt, purl } = report;
  const { type, name } = parsePurl(purl);
  const rows = release && [
    fact(
      "Published",
      release.published
        ? html`${dayOf(release.published)}${age(release.published, decidedAt)}`
        : "The registry does not say",
    ),
    fact("Publisher", release.publisher && said(release.publisher, 100)),
    fact("Licence", release.license && said(release.license, 100)),
    fact("Repository, as claimed", release.repository && claimedAddress(release.repository)),
    ...origin(release),
    fact("Unpacked size", release.size === null ? undefined : sizeText(release.size)),
    fact("Deprecated", release.deprecated && said(release.deprecated, 300)),
    fact("Withdrawn", release.yanked ? said(release.yankedReason ?? "by its publisher", 300) : undefined),
  ];
  return html`${section("release", "The release", rows ? html`<dl class="facts">${rows}</dl>${filesOf(release)}` : html`<p class="muted small">The registry does not list it: this was decided by its name and version alone.</p>`)}
${section(
  "decision",
  "The decision",
  html`<dl class="facts">${fact("Decided", timeOf(decidedAt))}${fact("By bundle", bundle ? html`Revision ${bundle.revision}<div class="digest">${said(bundle.digest, 80)}</div>` : "none: rules straight from a folder")}
${fact("For programs", html`<a href="${pages}${purl}?format=json">The same as JSON</a>`)}${fact("Elsewhere", html`<a href="${pages}${toPurl({ type, name })}">All decisions on ${said(name, 60)}</a>`)}
</dl>`,
)}`;
}

function age(published: string, decidedAt: string): Markup | undefined {
  const span = between(published, decidedAt);
  return span !== undefined && span >= 0
    ? html`<div class="muted small">${spanText(span)} before this decision</div>`
    : undefined;
}

/** What is known of who built it. */
function origin({ provenance, attestation }: ReleaseSummary): Content[] {
  const rows: Content[] = [];
  // It begins with the repository, mostly.
  const workflow = attestation?.workflow?.replace(`${attestation.repository}/`, "");
  if (attestation)
    rows.push(
      fact(
        "Build attestation",
        attestation.verified
          ? html`Verified${attestation.repository && html`: built from ${claimedAddress(attestation.repository)}`}${workflow && html`<div class="digest">${said(workflow, 300)}</div>`}`
          : html`<span class="alarm held">Not verified</span>${attestation.problem && html`: ${said(attestation.problem, 300)}`}`,
      ),
    );
  if (provenance?.lost)
    rows.push(
      fact(
        "Provenance",
        html`<span class="alarm held">Lost</span>${provenance.lostFrom === null ? "" : html`: ${said(provenance.lostFrom, 60)} had some, this has none`}`,
      ),
    );
  else if (provenance && !attestation)
    rows.push(fact("Provenance", provenance.present ? "Named by the registry; not verified here" : "None"));
  return rows;
}

function filesOf({ files }: ReleaseSummary): Content {
  const { shown, more } = firstOf(files, MAX_FILES);
  if (shown.length === 0) return undefined;
  return html`<details><summary>${files.length === 1 ? "File and digests" : `${files.length} files and digests`}</summary><ul class="files">${shown.map(
    ({ name, size, digests }) =>
      html`<li class="small">${said(name, 200)}${size !== null && html` <span class="muted">${sizeText(size)}</span>`}${Object.entries(
        digests,
      )
        .slice(0, 10)
        .map(([algorithm, hex]) => html`<div class="digest">${said(algorithm, 20)}: ${said(hex, 200)}</div>`)}</li>`,
  )}</ul>${andMore(more, "files")}</details>`;
}
