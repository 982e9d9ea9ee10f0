/** The page on a package: every release of it that is denied, and what of it may be installed. */
import { type PurlType, parsePurl, parseReleasePurl } from "../../core/purl.ts";
import type { PackageReport } from "../why.ts";
import { type Content, html, type Markup } from "./html.ts";
import { layOut } from "./layout.ts";
import { andMore, installation, section, TONE_OF_VERDICT } from "./parts.ts";
import { firstOf, grouped, said } from "./said.ts";
import { reasonText, timeOf } from "./times.ts";

const WORDS = {
  block: "Blocked",
  quarantine: "Held",
  "strip-scripts": "Held",
  warn: "Allowed",
  allow: "Allowed",
} as const;
const ECOSYSTEMS: Record<PurlType, string> = { npm: "npm", pypi: "PyPI", cargo: "Cargo", golang: "Go" };

/** `publicUrl`: where people reach the proxy, without a slash at the end. */
export function packagePage(report: PackageReport, publicUrl: string): string {
  const { purl, allowed, denied, more } = report;
  const { type, name } = parsePurl(purl);
  const [newest] = allowed;
  const count = denied.length + more;
  const status =
    count === 0 ? "Nothing is denied" : `${grouped(count)} ${count === 1 ? "release is" : "releases are"} denied`;
  return layOut({
    title: `${name}: ${status}`,
    tone: count === 0 ? "allowed" : newest === undefined ? "blocked" : "neutral",
    status,
    heading: said(name, 200),
    hero: html`<p class="identity">${ECOSYSTEMS[type]} <span aria-hidden="true">·</span> ${said(purl, 600)}</p>`,
    main: html`<div class="first">${newest === undefined ? section("install", "Nothing to install", html`<p>No release of this package is allowed at the moment.</p>`) : section("install", html`The newest allowed release is ${said(newest, 100)}`, installation({ type, name, version: newest }))}</div>
${deniedOf(report, publicUrl)}
${versionsOf(allowed, (version) => `${publicUrl}/-/why/${purl}@${version}`)}`,
    jsonUrl: `${publicUrl}/-/why/${purl}?format=json`,
  });
}

/** The highest first, as people look for them. */
function deniedOf({ denied, more }: PackageReport, publicUrl: string): Content {
  if (denied.length === 0) return undefined;
  return section(
    "denied",
    "Denied releases",
    html`<table class="releases"><caption>The newest first. Each version leads to its decision.</caption>
<thead><tr><th scope="col">Version</th><th scope="col">Decision</th><th scope="col">Why</th></tr></thead>
<tbody>${denied.toReversed().map((one) => html`<tr>${row(one, publicUrl)}</tr>`)}</tbody></table>${andMore(more, "denied releases")}`,
  );
}

function row({ purl, decision, reason, until, policy }: PackageReport["denied"][number], publicUrl: string): Markup {
  const { version } = parseReleasePurl(purl);
  return html`<th scope="row"><a href="${publicUrl}/-/why/${purl}">${said(version, 100)}</a></th><td class="state"><span class="tag ${TONE_OF_VERDICT[decision]}">${WORDS[decision]}</span></td><td>${reasonText(reason, 240)}<div class="meta">${policy && html`<code>${said(policy, 100)}</code>`}${until !== null && html`, until ${timeOf(until)}`}</div></td>`;
}

function versionsOf(allowed: readonly string[], pageOf: (version: string) => string): Content {
  const { shown } = firstOf(allowed, 20);
  if (shown.length === 0) return undefined;
  return section(
    "allowed",
    "Newest allowed releases",
    html`<ul class="versions">${shown.map((version) => html`<li><a href="${pageOf(version)}">${said(version, 100)}</a></li>`)}</ul>`,
  );
}
