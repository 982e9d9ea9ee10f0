/** The lockfiles and bills of materials of the data set, with the counts that its table names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { it } from "node:test";
import { readInventory } from "../../cli/inventory/inventory.ts";
import { readInventoryText } from "../../cli/inventory/text.ts";
import { dataPath, describeData } from "./shared-data.ts";

/** File, and distinct releases in parentheses. */
const ROW = /^\| (\S+) \|.*?\| \d+ \((\d+)\) \|/gm;

/** Its count passes over modules whose path is a host alone, such as `gocloud.dev`, and those are modules too. */
const isCounted = (file: string) => (name: string) => !file.endsWith("go.mod") || name.includes("/");

describeData("the data set's lockfiles", () => {
  const rows = [...readFileSync(dataPath("lockfiles/README.md"), "utf8").matchAll(ROW)];
  it("are named by a table", () => assert.ok(rows.length > 20));

  for (const [, file = "", count] of rows)
    it(`${file} names ${count} releases`, () => {
      const path = dataPath(`lockfiles/${file}`);
      const { entries, releases } = readInventory(path, readInventoryText(path));
      const others = releases.filter(({ id }) => !isCounted(file)(id.name)).length;
      assert.equal(entries - others, Number(count));
      for (const { id, line } of releases.slice(0, 50)) {
        const row = readFileSync(path, "utf8").split("\n")[line - 1] ?? "";
        const last = basename(id.name).toLowerCase();
        const isThere =
          row.toLowerCase().includes(last) ||
          /^\[\[/.test(row.trim()) ||
          id.type === "pypi" ||
          row.includes("node_modules/");
        assert.ok(isThere, `${path}:${line}: ${row.slice(0, 100)} does not name ${id.name}`);
      }
    });
});
