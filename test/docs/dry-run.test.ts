import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import DryRun from "../../cli/commands/dry-run.ts";
import { DRY_RUN_REPORTERS } from "../../cli/dry-run/reporters.ts";
import { INVENTORY_READERS } from "../../cli/inventory/inventory.ts";

const DOCS = readFileSync(new URL("../../docs/DRY-RUN.md", import.meta.url), "utf8");

describe("docs/DRY-RUN.md", () => {
  it("lists every kind of file, in the words of its reader", () => {
    const [, table = ""] = /\| kind \| files \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(DOCS) ?? [];
    assert.equal(table, INVENTORY_READERS.map(({ kind, files }) => `| \`${kind}\` | ${files} |\n`).join(""));
  });

  it("lists every reporter", () => {
    const [, table = ""] = /\| `--reporter` \| for \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(DOCS) ?? [];
    const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(named.sort(), Object.keys(DRY_RUN_REPORTERS).sort());
  });

  it("names only flags that there are", () => {
    const flags = [...DOCS.matchAll(/`--([a-z-]+)/g)].map(([, name = ""]) => name);
    const known = new Set([...Object.keys(DryRun.flags), "json", "lockfile", "loglevel", "verbose"]);
    assert.deepEqual(
      flags.filter((flag) => !known.has(flag)),
      [],
    );
  });
});
