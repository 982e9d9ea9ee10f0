import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { htmlReport } from "../../cli/dry-run/html/page.ts";
import {
  focused,
  noBrowser,
  overflowing,
  PATIENCE_MS,
  shownFirst,
  startBrowser,
  violations,
  watch,
} from "../support/browser.ts";
import { calmRun, companyRun, dryRun } from "../support/dry-runs.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { hostileRun } from "../support/hostile-dry-run.ts";

const REPORTS = { company: companyRun(), calm: calmRun(), empty: dryRun(), hostile: hostileRun(12) };
type Name = keyof typeof REPORTS;

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe("the report of a dry run in a browser", { skip: noBrowser }, () => {
  let browser: Browser;
  let folder: Folder;

  before(async () => {
    folder = makeFolder();
    for (const [name, report] of Object.entries(REPORTS)) folder.write(`${name}.html`, htmlReport(report));
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    folder.remove();
  });

  const addressOf = (name: Name) => pathToFileURL(join(folder.path, `${name}.html`)).href;

  async function open(name: Name, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(addressOf(name));
    return page;
  }

  for (const name of Object.keys(REPORTS) as Name[]) {
    it(`opens from the disk, without a network, and asks nobody (${name})`, async () => {
      const context = await browser.newContext({ offline: true });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const watched = watch(page);
      await page.goto(addressOf(name), { waitUntil: "networkidle" });
      assert.deepEqual(watched, { requests: [addressOf(name)], complaints: [] });
      assert.equal(await page.evaluate(() => document.styleSheets.length), 2);
      await context.close();
    });

    it(`never scrolls sideways, however narrow the window (${name})`, async () => {
      const page = await open(name);
      await unfold(page);
      for (const width of [320, PHONE.width, 768, DESKTOP.width]) {
        await page.setViewportSize({ width, height: 844 });
        assert.deepEqual(await overflowing(page), [], `${width} pixels`);
      }
      await page.context().close();
    });

    it(`breaks no rule of accessibility, in both themes (${name})`, async () => {
      const page = await open(name);
      await unfold(page);
      await page.evaluate(axe.source);
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], `${colorScheme}, ${viewport.width} pixels`);
        }
      }
      await page.context().close();
    });
  }

  it("leads who has a keyboard only past the head, and to every section, link and fold", async () => {
    const page = await open("company");
    await page.keyboard.press("Tab");
    assert.deepEqual(await focused(page), { name: "a", text: "Skip to the report", isSeen: true });
    await page.keyboard.press("Enter");
    assert.equal((await focused(page)).name, "main");
    const stops: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const stop = await focused(page);
      if (stop.name === "body" || stop.text === "Skip to the report") break;
      assert.ok(stop.isSeen, `the focus on ${stop.text} cannot be seen`);
      stops.push(`${stop.name} ${stop.text}`);
    }
    const wanted = [
      "a bundle revision 41",
      "a Denied",
      "a About",
      "a GHSA-pjwm-rvh2-c87w",
      "summary 3 repositories in which nothing would change",
      "summary 5 more releases",
      "summary 3 more warned releases",
      "summary 6 more files",
    ];
    assert.deepEqual(
      stops.filter((stop) => wanted.includes(stop)),
      wanted,
      stops.join("\n"),
    );
    await page.context().close();
  });

  it("unfolds by Enter, and goes to a section by its link", async () => {
    const page = await open("company");
    const fold = page.locator("details", { hasText: "5 places in 3 repositories" });
    await fold.locator("summary").focus();
    await page.keyboard.press("Enter");
    assert.ok(await fold.getByText("gateway / integration").isVisible());
    await page.locator("nav a", { hasText: "Holds" }).press("Enter");
    await shownFirst(page, "holds");
    await page.context().close();
  });

  it("draws bars as long as what they show", async () => {
    const page = await open("company");
    const [whole = 0, ...parts] = await page.evaluate(() => {
      const bar = document.querySelector(".share");
      const widths = [...(bar?.querySelectorAll("rect:not(.gap)") ?? [])].map(
        (part) => part.getBoundingClientRect().width,
      );
      return [bar?.getBoundingClientRect().width ?? 0, ...widths];
    });
    assert.equal(parts.length, 5);
    assert.ok(Math.min(...parts) >= 8, "what is there can be seen");
    assert.ok(Math.abs(parts.reduce((sum, width) => sum + width, 0) - whole) < 1);
    const held = await page
      .locator("section[aria-labelledby=holds] .bar")
      .evaluateAll((bars) =>
        bars.map((bar) => Math.round(bar.querySelector("rect")?.getBoundingClientRect().width ?? 0)),
      );
    const [day = 0, three = 0, week = 0] = held;
    assert.ok(Math.abs(three - 3 * day) <= 3 && week === 0, String(held));
    await page.context().close();
  });

  it("fills bars by patterns that differ, in both themes", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await open("company", { colorScheme });
      const patterns = await page.evaluate(() =>
        [...document.querySelectorAll("pattern")].map((pattern) => {
          const [ground, drawn] = pattern.children;
          return `${ground && getComputedStyle(ground).fill} ${drawn?.outerHTML.replace(/var\([^)]*\)/g, "")}`;
        }),
      );
      assert.equal(patterns.length, 6);
      assert.equal(new Set(patterns).size, 6);
      assert.ok(
        patterns.every((pattern) => pattern.startsWith("rgb(")),
        patterns.join("\n"),
      );
      await page.context().close();
    }
  });

  it("prints every section on A4 in black on white, unfolded, without cutting a row", async () => {
    const page = await open("company", { colorScheme: "dark" });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    for (const heading of await page.locator("h2").all()) assert.ok(await heading.isVisible());
    assert.ok(await page.getByText("infra/runner-logs/gateway-4411.log:1204").isVisible());
    assert.ok(!(await page.locator("nav").isVisible()));
    const breakable = await page.evaluate(
      () =>
        [...document.querySelectorAll(".report tr, .report .entries > li")].filter(
          (row) => !getComputedStyle(row).breakInside.startsWith("avoid"),
        ).length,
    );
    assert.equal(breakable, 0);
    const pdf = await page.pdf({ format: "A4" });
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? [];
    assert.ok(pages.length >= 3 && pages.length <= 20, `${pages.length} pages`);
    await page.context().close();
  });

  it("shows what is hostile as text, and links only to the web", async () => {
    const page = await open("hostile");
    await unfold(page);
    assert.equal(await page.evaluate(() => (globalThis as { hit?: number }).hit), undefined);
    assert.equal(await page.locator("img, iframe, form, script, svg[onload]").count(), 0);
    assert.ok((await page.locator("body").innerText()).includes('<img src=x onerror="hit=1">'));
    assert.match(await page.locator("body").innerText(), /more characters/);
    const addresses = await page.evaluate(() =>
      [...document.querySelectorAll("a")].map(({ href, rel }) => ({ href, rel })),
    );
    const outside = addresses.filter(({ href }) => !href.startsWith("file:"));
    assert.ok(outside.length > 0);
    for (const { href, rel } of outside) {
      assert.match(href, /^https:\/\/(a|good)\.example\//);
      assert.equal(rel, "noopener noreferrer nofollow");
    }
    const text = await page.evaluate(() => document.documentElement.outerHTML);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    await page.context().close();
  });
});

async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
}
