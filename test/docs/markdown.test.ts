import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { nodesOf } from "../support/markdown.ts";

describe("documents, as a forge reads them,", () => {
  for (const path of globSync("docs/**/*.md")) {
    const text = readFileSync(path, "utf8");
    it(`${path} has tables of whole rows, and no HTML`, () => {
      const nodes = nodesOf(text);
      const html = nodes.filter(({ type, value = "" }) => type === "html" && !value.startsWith("<!--"));
      assert.deepEqual(
        html.map(({ value }) => value),
        [],
      );
      for (const { children: rows = [] } of nodes.filter(({ type }) => type === "table"))
        for (const row of rows)
          assert.equal(row.children?.length, rows[0]?.children?.length, JSON.stringify(row).slice(0, 300));
    });

    it(`${path} begins with a heading, and has no other of the first kind`, () => {
      assert.match(text, /^# /);
      const prose = text.replace(/^( *)```.*?^\1```$/gms, "");
      assert.equal(prose.match(/^# /gm)?.length, 1);
    });
  }
});
