/** Which files were read, and what the report rests on. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { code, fact, listed } from "../../../core/page/parts.ts";
import { firstOf, grouped, said } from "../../../core/page/said.ts";
import { timeOf } from "../../../core/page/times.ts";
import type { DryRunReport, Input } from "../report.ts";
import { counted, nounFor } from "../words.ts";
import { bounded, folded } from "./bounds.ts";
import type { Part } from "./part.ts";
import { location } from "./releases.ts";

const BYTES = 150_000;
const OPEN = 12;
const MAX_POLICIES = 100;

export function inputsPart({ inputs }: DryRunReport): Part {
  const wrap = (rows: readonly Markup[]) =>
    html`<table class="list reads"><thead><tr><th scope="col">File</th><th scope="col">Kind</th><th scope="col">Releases</th></tr></thead><tbody>${rows}</tbody></table>`;
  return {
    id: "inputs",
    title: "Files read",
    figure: inputs.length,
    words: html`<p>${inputs.length === 0 ? "No file." : `${counted(inputs.length, "file")}. What is installed or vendored is passed over: it is no project's own.`}</p>`,
    figures: inputs.length > 0 && folded(bounded(inputs, rowOf, BYTES), { open: OPEN, wrap, singular: "file" }),
  };
}

function rowOf({ path, repository, kind, entries, error }: Input): Markup {
  const isWithin = path.startsWith(`${repository}/`);
  return html`<tr><th scope="row">${location(path)}${!isWithin && html`<div class="meta">${said(repository, 80)}</div>`}</th>
<td>${kind === null ? html`<span class="muted">unknown</span>` : said(kind, 60)}</td>
<td>${counted(entries, "release")}${error !== undefined && html` <span class="tag held">${kind === null ? "Not read" : "In part"}</span>`}</td></tr>`;
}

export function aboutPart({ at, rules, isOffline, summary }: DryRunReport): Part {
  const { bundle, policies } = rules;
  const { shown, more } = firstOf(policies, MAX_POLICIES);
  const names = html`${listed(shown.map((policy) => code(policy, 60)))}${more > 0 && `, and ${grouped(more)} more`}`;
  const by: Content = bundle
    ? html`Bundle revision ${bundle.revision}<div class="digest">${said(bundle.digest, 80)}</div>`
    : "No bundle: policies straight from a folder";
  const allowed = summary.decisions.allow;
  return {
    id: "about",
    title: "About",
    words: html`<p>It is made from the same rules, by the same code, as the proxy decides by. Nothing was enforced, and nothing was changed.</p>`,
    figures: html`<dl class="facts">${[
      fact("Judged as of", timeOf(at)),
      fact("Rules", by),
      fact(nounFor(policies.length, "Policy", "Policies"), policies.length > 0 && names),
      fact(
        "Facts",
        isOffline
          ? "Offline: advisories, lists, and what names and files tell"
          : "What the registries told, advisories and lists",
      ),
      fact(
        "Not on this page",
        html`${counted(allowed, "allowed release")}, and whatever a list leaves out. All of it, for programs: <code>cordon dry-run PATH… <span class="word">--reporter json</span></code>`,
      ),
    ]}</dl>`,
  };
}
