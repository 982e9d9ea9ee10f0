/** The lockfiles and bills of materials of the data set, with the counts that its table names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { it } from "node:test";
import { readInventory } from "../../cli/inventory/inventory.ts";
import { readInventoryText } from "../../cli/inventory/text.ts";
import { PackageFindings } from "../../core/advisories/findings.ts";
import { compileRecord } from "../../core/advisories/osv.ts";
import { AdvisoryTable, writeTable } from "../../core/advisories/table.ts";
import { toPurl } from "../../core/purl.ts";
import { dataPath, describeData, FEEDS, readFeed } from "./shared-data.ts";

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

/**
 * File, and how many of its releases match a record: of ours, or of a set that is kept aside, so ours find no more. The
 * table passes over npm's scopes in package URLs (`%40babel`), and those releases are affected too.
 */
const MATCHES = /^\| (\S+) \|.*?\| \d+ \(\d+\) \| (\d+) \| (?:(\S+@\S+) MAL-)?/gm;

describeData("the data set's lockfiles against its advisories", () => {
  const rows = [...readFileSync(dataPath("lockfiles/README.md"), "utf8").matchAll(MATCHES)];
  const tables = FEEDS.map(
    (feed) => new AdvisoryTable(feed, writeTable(readFeed(feed).records.flatMap(compileRecord))),
  );

  for (const [, file = "", count, malicious] of rows)
    it(`${file} has at most ${count} releases that are affected, and ${malicious ?? "none that the table calls"} malicious`, () => {
      const path = dataPath(`lockfiles/${file}`);
      const { releases } = readInventory(path, readInventoryText(path));
      const [affected, attacks] = [new Set<string>(), new Set<string>()];
      for (const { id } of releases) {
        const found = new PackageFindings(id, tables).affecting(id.version);
        if (found.some(({ kind }) => kind !== "malicious") && !(file.startsWith("sbom-") && id.name.startsWith("@")))
          affected.add(toPurl(id));
        if (found.some(({ kind }) => kind === "malicious")) attacks.add(`${id.name}@${id.version}`);
      }
      assert.ok(affected.size <= Number(count), [...affected].join(" "));
      if (malicious !== undefined) assert.ok(attacks.has(malicious), [...attacks].join(" "));
    });
});
