import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isBrowser, prefersPage } from "../../../proxy/pages/wanted.ts";

const CHROMIUM =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/** What is answered at the decision page, and whether a refused file shows the page too. */
const CASES: readonly (readonly [who: string, accept: string, page: boolean, browser: boolean])[] = [
  ["chromium", CHROMIUM, true, true],
  ["firefox", FIREFOX, true, true],
  ["a browser of the terminal", "text/html, text/*;q=0.5, image/*", true, false],
  ["who names HTML alone", "text/html", true, false],
  ["curl", "*/*", false, false],
  ["who says nothing", "", false, false],
  ["a program", "application/json", false, false],
  ["a program that takes HTML as well", "application/json, text/html", false, false],
  ["a program that likes JSON less", "text/html, application/json;q=0.5", true, false],
  ["a coding agent", "text/markdown, text/html, */*", false, false],
  ["another", "text/html;q=0.9, text/plain, */*;q=0.8", true, false],
  ["who refuses HTML", "text/html;q=0, */*", false, false],
  ["npm", "application/json", false, false],
  ["pnpm", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*", false, false],
  [
    "pip",
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
    true,
    false,
  ],
  ["cargo", "text/plain", false, false],
];

describe("Accept", () => {
  for (const [who, accept, page, browser] of CASES)
    it(`of ${who} is read right`, () => {
      assert.equal(prefersPage(accept), page, "at the decision page");
      assert.equal(isBrowser(accept), browser, "at a registry's path");
    });
});
