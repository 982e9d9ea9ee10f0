import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";

/** The names that headings have in links. */
function headingsOf(path: string): string[] {
  return [...readFileSync(path, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("links", () => {
  for (const path of ["README.md", ...globSync("docs/**/*.md")]) {
    it(`of ${path} lead to files and headings that exist`, () => {
      const links = [...readFileSync(path, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
      for (const link of links.filter((target) => !/^\w+:/.test(target))) {
        const [file = "", heading] = link.split("#");
        const target = file === "" ? path : normalize(join(dirname(path), file));
        assert.ok(existsSync(target), link);
        if (heading !== undefined) assert.ok(headingsOf(target).includes(heading), link);
      }
    });
  }
});

describe("docs/README.md", () => {
  const map = readFileSync("docs/README.md", "utf8");
  for (const path of globSync("docs/**/*.md").map((path) => path.replaceAll("\\", "/"))) {
    if (path === "docs/README.md") continue;
    it(`has ${path} on one line`, () => {
      assert.equal(map.split(`](${path.slice("docs/".length)})`).length, 2);
    });
  }
});
