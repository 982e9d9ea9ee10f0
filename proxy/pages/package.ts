/** The page on a package: every release of it that is denied, and what of it may be installed. */

import type { PackageReport } from "../../core/package-report.ts";
import { type Content, html, type Markup } from "../../core/page/html.ts";
import { layOut } from "../../core/page/layout.ts";
import { code, listed, panel, section } from "../../core/page/parts.ts";
import { firstOf, grouped, said } from "../../core/page/said.ts";
import { reasonText, timeOf } from "../../core/page/times.ts";
import { parsePurl, parseReleasePurl, toPurl } from "../../core/purl.ts";
import { andMore, identity, installation } from "./report-parts.ts";

const MAX_ALLOWED = 20;

/** `publicUrl`: where people reach the proxy, without a slash at the end. */
export function packagePage(report: PackageReport, publicUrl: string): string {
  const { purl, allowed, denied, more } = report;
  const { type, name } = parsePurl(purl);
  const id = { type, name };
  const [newest] = allowed;
  const count = denied.length + more;
  const status =
    count === 0 ? "Nothing is denied" : `${grouped(count)} ${count === 1 ? "release is" : "releases are"} denied`;
  return layOut({
    title: `${name}: ${status}`,
    tone: count === 0 ? "allowed" : newest === undefined ? "blocked" : "neutral",
    status,
    heading: said(name, 200),
    hero: identity(purl),
    main: [
      newest === undefined
        ? panel("install", "Nothing to install", html`<p>No release of this package is allowed at the moment.</p>`)
        : panel(
            "install",
            html`The newest allowed release is ${said(newest, 100)}`,
            installation({ ...id, version: newest }),
          ),
      deniedOf(report, publicUrl),
      versionsOf(allowed, (version) => `${publicUrl}/-/why/${toPurl({ ...id, version })}`),
    ],
    jsonUrl: `${publicUrl}/-/why/${purl}?format=json`,
  });
}

/** The highest first, as people look for them. */
function deniedOf({ denied, more }: PackageReport, publicUrl: string): Content {
  if (denied.length === 0) return undefined;
  const rows = alike(denied.toReversed()).map((group) => html`<tr>${row(group, publicUrl)}</tr>`);
  const table = html`<table class="releases">
<caption>The newest first. Each version leads to its decision.</caption>
<thead><tr><th scope="col">Version</th><th scope="col">Decision</th><th scope="col">Why</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  return section("denied", "Denied releases", [table, andMore(more, "denied releases")]);
}

type Denied = PackageReport["denied"][number];
type Group = readonly [Denied, ...Denied[]];

/** An advisory is mostly on many releases: what is denied for the same reason is said once. */
function alike(denied: readonly Denied[]): readonly Group[] {
  const groups = new Map<string, [Denied, ...Denied[]]>();
  for (const one of denied) {
    const { decision, policy, rule, reason, until } = one;
    const key = JSON.stringify([decision, policy, rule, reason, until]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

function row(group: Group, publicUrl: string): Markup {
  const [{ decision, reason, until, policy }] = group;
  const [tone, word] = decision === "block" ? ["blocked", "Blocked"] : ["held", "Held"];
  const by = [policy && code(policy), until !== null && html`until ${timeOf(until)}`].filter(Boolean);
  const versions = group.map(
    ({ purl }) => html`<a href="${publicUrl}/-/why/${purl}">${said(parseReleasePurl(purl).version, 100)}</a>`,
  );
  return html`<th scope="row">${listed(versions)}</th>
<td class="state"><span class="tag ${tone}">${word}</span></td>
<td>${reasonText(reason, 240)}<div class="meta">${listed(by)}</div></td>`;
}

function versionsOf(allowed: readonly string[], pageOf: (version: string) => string): Content {
  const { shown } = firstOf(allowed, MAX_ALLOWED);
  if (shown.length === 0) return undefined;
  const items = shown.map((version) => html`<li><a href="${pageOf(version)}">${said(version, 100)}</a></li>`);
  return section("allowed", "Newest allowed releases", html`<ul class="versions">${items}</ul>`);
}
