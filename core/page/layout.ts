/** What all pages share: head, landmarks, security headers, and the script that copies commands. */
import { createHash } from "node:crypto";
import { LIGHT, type Tone } from "./colours.ts";
import { type Content, html, type Markup } from "./html.ts";
import { BRAND, statusIcon } from "./icons.ts";
import { plain } from "./said.ts";
import { STYLE } from "./style.ts";

export interface PageParts {
  readonly title: string;
  readonly tone: Tone;
  /** The word for it. */
  readonly status: Content;
  /** What it is about, within the h1. */
  readonly heading: Content;
  /** Below the h1. */
  readonly hero: Content;
  readonly main: Content;
  /** Beside it; left out where there is nothing. */
  readonly aside?: Content;
  /** Whether there is so little in `main` that what is beside it goes below. */
  readonly isCalm?: boolean;
  /** The same for programs; left out where there is none. */
  readonly jsonUrl?: string;
  /** What the link past the head calls what comes then; left out: the decision. */
  readonly skipTo?: string;
  /** Of a page that lies on disk, where no server sends headers: it runs nothing, and may have a style sheet besides. */
  readonly file?: { readonly style: Markup };
}

/** Buttons appear where they can work: without this script, or where a browser denies it the clipboard, none is shown. */
const SCRIPT = html`
if (navigator.clipboard) for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.firstElementChild.textContent = "Copied";
    setTimeout(() => { button.firstElementChild.textContent = "Copy"; }, 2000);
  });
}
`;

/**
 * Nothing runs but that script, nothing is drawn but by that style sheet, nothing is fetched; the icon in the tab is part of
 * the page. The page cannot be framed, its links do not say where they were clicked, and what they open cannot reach back.
 */
export const PAGE_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    `style-src '${digestOf(STYLE)}'`,
    `script-src '${digestOf(SCRIPT)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** The same for a page without scripts that brings its policy along; who may frame it only a server can say. */
function fileHead(style: Markup): Markup {
  const policy = [
    "default-src 'none'",
    `style-src '${digestOf(STYLE)}' '${digestOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="referrer" content="no-referrer">`;
}

function digestOf(constant: Markup): string {
  return `sha256-${createHash("sha256").update(constant.toString()).digest("base64")}`;
}

export function layOut(parts: PageParts): string {
  const { title, tone, status, heading, hero, main, aside, isCalm, jsonUrl, skipTo = "the decision", file } = parts;
  const ownStyle = file && html`\n<style>${file.style}</style>`;
  const script = file === undefined && html`<script>${SCRIPT}</script>\n`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">${file && fileHead(file.style)}
<title>${plain(title, 120)} · Cordon</title>
<link rel="icon" href="${iconOf(tone)}">
<style>${STYLE}</style>${ownStyle}
</head>
<body class="${tone}">
<a class="skip" href="#content">Skip to ${skipTo}</a>
<div class="tape ${tone}"></div>
<header class="masthead frame">
<span class="brand">${BRAND}Cordon</span>
<span class="what">Package firewall</span>
</header>
<main id="content" class="frame" tabindex="-1">
<div class="hero">
<h1><span class="status">${statusIcon(tone)}<span>${status}</span></span><span class="visually-hidden">: </span><span class="name">${heading}</span></h1>
${hero}
</div>
<div class="columns${isCalm && " calm"}${aside === undefined && " alone"}">
<div>${main}</div>
${aside === undefined ? undefined : html`<aside aria-label="About this release">${aside}</aside>`}
</div>
</main>
${jsonUrl !== undefined && html`<footer class="colophon frame"><a href="${jsonUrl}">The same as JSON</a></footer>`}
${script}</body>
</html>
`.toString();
}

/** In the colour of what the page says; one shade serves both themes at that size. */
function iconOf(tone: Tone): string {
  const colour = tone === "neutral" ? LIGHT.muted : LIGHT[tone];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${colour}"/><path d="M4 4v8M12 4v8M4 6c2 3 6 3 8 0" fill="none" stroke="#fff" stroke-width="1.6" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
