import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

const DOCS = readFileSync(new URL("../../docs/FAIL-MODES.md", import.meta.url), "utf8");
const ROWS = [...DOCS.matchAll(/^\| (?!what fails)(.+) \|$/gm)].map(([, row = ""]) => row.split(" | "));

/** Whether the title stands in the file, where `…` may be anything. */
function isTitleOf(source: string, title: string): boolean {
  const parts = title.split("…").map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`(it|describe)\\([^\\n]*["\`]${parts.join("[^\\n]*")}`).test(source);
}

describe("docs/FAIL-MODES.md", () => {
  it("has rows of five cells", () => {
    assert.ok(ROWS.length > 25);
    for (const row of ROWS) assert.equal(row.length, 5, row[0]);
  });

  for (const row of ROWS) {
    const [what = "", , , , test = ""] = row;
    if (test === "the same") continue;
    it(`names a test that there is for: ${what}`, () => {
      if (test.startsWith("none: ")) return;
      const [, file, title = ""] = /^`([\w/-]+)`: (.+)$/.exec(test) ?? [];
      const path = new URL(`../${file}.test.ts`, import.meta.url);
      assert.ok(existsSync(path), `${file}`);
      assert.ok(isTitleOf(readFileSync(path, "utf8"), title), title);
    });
  }

  it("names messages and figures that the proxy has", () => {
    const root = new URL("../../", import.meta.url);
    const source = globSync("{proxy,core}/**/*.ts", { cwd: root }).map((path) =>
      readFileSync(new URL(path, root), "utf8"),
    );
    const text = source.join("\n");
    const messages = [...DOCS.matchAll(/log `([^`]+)`/g)].map(([, message = ""]) => `"${message}"`);
    const figures = [...DOCS.matchAll(/\bcordon_\w+/g)].map(([figure]) => figure);
    const codes = [...DOCS.matchAll(/`([A-Z]+_[A-Z]+)`/g)].map(([, code = ""]) => code);
    assert.ok(messages.length > 5 && figures.length > 5 && codes.length > 5);
    for (const named of [...messages, ...figures, ...codes]) assert.ok(text.includes(named), named);
  });

  it("finds no test that there is not", () => {
    assert.ok(!isTitleOf('it("answers 503", () => {', "answers 504"));
    assert.ok(isTitleOf('it("keeps it when $' + '{x}, also", () => {', "keeps it when … also"));
  });
});
