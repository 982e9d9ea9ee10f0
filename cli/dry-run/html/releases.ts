/** A release, its evidence and its places, in the forms that lists of releases share. */
import { TONE_OF_VERDICT } from "../../../core/page/colours.ts";
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { code, ECOSYSTEMS, listed } from "../../../core/page/parts.ts";
import { firstOf, omission, outside, plain, said } from "../../../core/page/said.ts";
import { parseReleasePurl } from "../../../core/purl.ts";
import { permits, VERDICT_WORDS } from "../../../core/verdict.ts";
import { capitalised } from "../../../core/words.ts";
import type { Decision } from "../../../schemas/types/decision.ts";
import type { Place } from "../report.ts";
import { counted } from "../words.ts";
import { repositories } from "./words.ts";

const MAX_EVIDENCE = 4;
/** A link that is longer shows nobody where it leads. */
const MAX_LINK = 400;
const MAX_INLINE = 3;
const MAX_PLACES = 20;
const MAX_PATH = 160;

/** Its name and version as people say them; the purl where it cannot be read. */
export function nameOf(purl: string): Markup {
  const id = readPurl(purl);
  if (!id) return said(purl, 160);
  return html`${said(id.name, 120)} <span class="version">${said(id.version, 60)}</span>`;
}

export function ecosystemOf(purl: string): Markup | undefined {
  const id = readPurl(purl);
  return id && html` <span class="muted small"><span aria-hidden="true">·</span> ${ECOSYSTEMS[id.type]}</span>`;
}

function readPurl(purl: string): ReturnType<typeof parseReleasePurl> | undefined {
  try {
    return parseReleasePurl(purl);
  } catch {
    return undefined; // an inventory may name anything
  }
}

export function decisionTag(decision: Decision): Markup {
  const tone = permits(decision)
    ? TONE_OF_VERDICT[decision.decision]
    : decision.decision === "block"
      ? "blocked"
      : "held";
  const isRefused = decision.decision === "strip-scripts" && tone === "held";
  const words = isRefused ? "held for its install scripts" : VERDICT_WORDS[decision.decision].participle;
  return html`<span class="tag ${tone}">${capitalised(words)}</span>`;
}

/** `known-malicious, rule malware`. */
export function ruleOf({ policy, rule }: Pick<Decision, "policy" | "rule">): Content {
  return policy !== null && html`${code(policy, 60)}${rule !== null && html`, rule ${code(rule, 60)}`}`;
}

export function evidenceOf({ evidence }: Decision): Content {
  const { shown, more } = firstOf(evidence, MAX_EVIDENCE);
  if (shown.length === 0) return undefined;
  const links = shown.map(({ id, url }) => outside(url !== null && url.length <= MAX_LINK ? url : null, said(id, 60)));
  return html`${listed(links)}${more > 0 && `, and ${counted(more, "other")}`}`;
}

/** Where a release is named: the first places, and the others folded. */
export function placesOf(places: readonly Place[]): Content {
  if (places.length <= MAX_INLINE) return html`<ul class="places">${places.map(placeOf)}</ul>`;
  const { shown, more } = firstOf(places, MAX_PLACES);
  const within = new Set(places.map(({ repository }) => repository)).size;
  return html`<details class="places"><summary>${counted(places.length, "place")} in ${repositories(within)}</summary>
<ul>${shown.map(placeOf)}</ul>${more > 0 && html`<p class="muted">and ${counted(more, "other place")}, in the JSON</p>`}</details>`;
}

/** A file, and a line in it; it is broken between folders rather than within a name. */
export function location(path: string, line?: number): Markup {
  const shown = plain(path, MAX_PATH);
  const parts = shown.split("/").map((part, index) => html`${index > 0 && html`/<wbr>`}${part}`);
  return html`<code><bdi>${parts}</bdi>${line !== undefined && `:${line}`}</code>${omission(path.length - MAX_PATH)}`;
}

function placeOf({ path, line, repository, job }: Place): Markup {
  const isWithin = path.startsWith(`${repository}/`);
  return html`<li>${!isWithin && html`${said(repository, 80)}: `}${location(path, line)}${job !== undefined && html`, job ${said(job, 60)}`}</li>`;
}

/** In one line: the first place, and how many others there are. */
export function firstPlace(places: readonly Place[]): Content {
  const [first] = places;
  if (!first) return undefined;
  const others = places.length - 1;
  return html`${location(first.path, first.line)}${others > 0 && html` <span class="muted">and ${counted(others, "other place")}</span>`}`;
}
