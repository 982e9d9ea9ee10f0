/** Chromium without a window, which reaches nothing but this machine. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const PROGRAM = process.env["CORDON_CHROMIUM"] ?? PLACES.find((path) => existsSync(path));

/** Why tests with a browser are not run; false where they are. */
export const noBrowser: string | false =
  PROGRAM === undefined &&
  "there is no Chromium: apt-get install --no-install-recommends chromium, or set CORDON_CHROMIUM";

/** For a browser that has to share its machine. */
export const PATIENCE_MS = 120_000;

export function startBrowser(environment: Readonly<Record<string, string>> = {}): Promise<Browser> {
  return chromium.launch({
    timeout: PATIENCE_MS,
    executablePath: PROGRAM ?? "",
    headless: true,
    env: { ...process.env, ...environment } as Record<string, string>,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

/** What went on while pages were shown. */
export interface Watched {
  readonly requests: string[];
  /** Of the console and of scripts, the content security policy's included. */
  readonly complaints: string[];
}

export function watch(page: Page): Watched {
  const watched: Watched = { requests: [], complaints: [] };
  page.on("request", (request) => watched.requests.push(request.url()));
  page.on("console", (message) => watched.complaints.push(message.text()));
  page.on("pageerror", (error) => watched.complaints.push(String(error)));
  page.on("dialog", async (dialog) => {
    watched.complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  return watched;
}

/** What reaches beyond the right edge of the window, as people would see it. */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const beyond = [...document.querySelectorAll("body *")].filter((element) => {
      const { right, left, width: own } = element.getBoundingClientRect();
      return own > 0 && (right > width + 0.5 || left < -0.5) && !element.closest("svg, .skip, .visually-hidden");
    });
    const found = beyond.slice(0, 5).map((element) => `${element.tagName}.${element.className}`);
    return document.documentElement.scrollWidth > width
      ? [`the page: ${document.documentElement.scrollWidth}`, ...found]
      : found;
  });
}

/** Rules of accessibility that the page breaks, with the elements that break them; the page has axe in it. */
export async function violations(page: Page): Promise<string[][]> {
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  assert.ok(found.passes.some(({ id }) => id === "color-contrast"));
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

/** Where the focus is, and whether that can be seen. */
export function focused(
  page: Page,
): Promise<{ readonly text: string; readonly name: string; readonly isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement ?? document.body;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const { top, bottom, width } = element.getBoundingClientRect();
    return {
      name: element.localName,
      text: (element.textContent ?? "").trim().replace(/\s+/g, " "),
      isSeen:
        outlineStyle !== "none" &&
        Number.parseFloat(outlineWidth) >= 2 &&
        width > 0 &&
        top >= 0 &&
        bottom <= innerHeight,
    };
  });
}

/** Waits until the page has gone to this element, in the upper half of the window. */
export async function shownFirst(page: Page, id: string): Promise<void> {
  await page.waitForFunction((id) => {
    const top = document.getElementById(id)?.getBoundingClientRect().top ?? -1;
    return top >= 0 && top < innerHeight / 2;
  }, id);
}
