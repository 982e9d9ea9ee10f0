import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CompiledAdvisory } from "../../../core/advisories/osv.ts";
import { AdvisoryTable, writeTable } from "../../../core/advisories/table.ts";
import { type PackageId, parsePurl } from "../../../core/purl.ts";

const npm = (name: string): PackageId => ({ type: "npm", name });

function advisory(id: string, rest: Partial<CompiledAdvisory> = {}): CompiledAdvisory {
  const modified = "2026-01-01T00:00:00Z";
  return { id, aliases: [], kind: "malicious", modified, versions: ["1.0.0"], ranges: [], ...rest };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const idsOf = (table: AdvisoryTable, pkg: PackageId) => table.lookup(pkg).map(({ id }) => id);

/** Names that begin alike, differ in bytes that stand around TAB, "-" and "/", or are not ASCII. */
const NAMES = [
  "a",
  "a-b",
  "a.b",
  "a_b",
  "ab",
  "abc",
  "@a/b",
  "@a/b-c",
  "A",
  "b",
  "constructor",
  "ä",
  "😀",
  "z".repeat(200),
];

describe("writeTable()", () => {
  it("writes one line a package, ordered by bytes, with the advisories ordered by id", () => {
    const written = writeTable([
      { pkg: npm("b"), advisory: advisory("MAL-2") },
      { pkg: { type: "cargo", name: "Proc_Macro" }, advisory: advisory("RUSTSEC-1") },
      { pkg: npm("b"), advisory: advisory("MAL-1") },
    ]);
    const lines = text(written).split("\n");
    assert.deepEqual(
      lines.map((line) => line.split("\t")[0]),
      ["cargo/proc-macro", "npm/b", ""],
    );
    assert.match(lines[1] ?? "", /"MAL-1".*"MAL-2"/);
  });

  it("writes the same bytes whatever the order of entries and of keys", () => {
    const entries = NAMES.flatMap((name) => ["X-1", "X-2"].map((id) => ({ pkg: npm(name), advisory: advisory(id) })));
    const turned = entries.toReversed().map(({ pkg, advisory }) => ({
      advisory: Object.fromEntries(Object.entries(advisory).reverse()) as unknown as CompiledAdvisory,
      pkg,
    }));
    assert.equal(text(writeTable(turned)), text(writeTable(entries)));
  });

  it("orders ids by bytes, as the database of a feed does", () => {
    const ids = ["\u{1f600}", "\uff5e", "a", "B"];
    const written = writeTable(ids.map((id) => ({ pkg: npm("a"), advisory: advisory(id) })));
    assert.deepEqual(idsOf(new AdvisoryTable("f", written), npm("a")), ["B", "a", "\uff5e", "\u{1f600}"]);
  });

  it("writes nothing for nothing", () => assert.equal(writeTable([]).length, 0));
});

describe("AdvisoryTable", () => {
  for (let size = 0; size <= NAMES.length; size++) {
    it(`finds each of ${size} packages, and no other`, () => {
      const names = NAMES.slice(0, size);
      const table = new AdvisoryTable(
        "f",
        writeTable(names.map((name) => ({ pkg: npm(name), advisory: advisory(name) }))),
      );
      for (const name of NAMES) assert.deepEqual(idsOf(table, npm(name)), names.includes(name) ? [name] : []);
      for (const name of ["", "a\t", "a-", "aa", "0", "zz", "__proto__"]) assert.deepEqual(table.lookup(npm(name)), []);
    });
  }

  it("keeps ecosystems apart", () => {
    const table = new AdvisoryTable("f", writeTable([{ pkg: npm("a"), advisory: advisory("X") }]));
    for (const type of ["pypi", "cargo", "golang"] as const) assert.deepEqual(table.lookup({ type, name: "a" }), []);
  });

  it("finds a crate under every spelling", () => {
    const pkg: PackageId = { type: "cargo", name: "proc_macro" };
    const table = new AdvisoryTable("f", writeTable([{ pkg, advisory: advisory("X") }]));
    for (const name of ["proc_macro", "proc-macro", "Proc-Macro"])
      assert.deepEqual(idsOf(table, { ...pkg, name }), ["X"]);
  });

  it("gives back what was written", () => {
    const whole = advisory("X", {
      cvss: { score: 9.8, severity: "critical" },
      summary: "tab\tand ünïcode",
      published: "2026-01-01T00:00:00Z",
      url: "https://acme.example",
      ranges: [
        [
          ["introduced", "0"],
          ["last", "1.0.0"],
        ],
      ],
    });
    const table = new AdvisoryTable("f", writeTable([{ pkg: npm("a"), advisory: whole }]));
    assert.deepEqual(table.lookup(npm("a")), [whole]);
    assert.deepEqual([...table.entries()], [["npm/a", [whole]]]);
  });

  it("lists entries in the order of the lines", () => {
    const written = writeTable(NAMES.map((name) => ({ pkg: npm(name), advisory: advisory(name) })));
    const keys = [...new AdvisoryTable("f", written).entries()].map(([key]) => key);
    assert.deepEqual(
      keys,
      text(written)
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0]),
    );
    assert.equal(keys.length, NAMES.length);
  });

  it("reads bytes that lie inside a larger buffer", () => {
    const written = writeTable([{ pkg: npm("a"), advisory: advisory("X") }]);
    const around = new Uint8Array(written.length + 20).fill(0x7a);
    around.set(written, 10);
    assert.deepEqual(idsOf(new AdvisoryTable("f", around.subarray(10, 10 + written.length)), npm("a")), ["X"]);
  });

  it("refuses bytes that do not end a line", () => {
    const written = writeTable([{ pkg: npm("a"), advisory: advisory("X") }]);
    assert.throws(() => new AdvisoryTable("f", written.subarray(0, -1)), {
      code: "BUNDLE_MALFORMED",
      message: /feed f/,
    });
  });

  for (const [what, lines] of [
    ["not in order", ["npm/b\t[]", "npm/a\t[]"]],
    ["not in order at the end of a key", ["npm/a-b\t[]", "npm/a\t[]"]],
    ["not in order of bytes", ["npm/a\t[]", "npm/B\t[]"]],
    ["not in order later on", ["npm/a\t[]", "npm/c\t[]", "npm/b\t[]"]],
    ["twice the same", ["npm/a\t[]", "npm/a\t[]"]],
    ["cut off", ["npm/a\t[]", "npm/b"]],
    ["empty", ["npm/a\t[]", "", "npm/b\t[]"]],
  ] as const) {
    it(`refuses keys that are ${what}, for the search would pass them by`, () => {
      const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
      assert.throws(() => new AdvisoryTable("f", bytes), { code: "BUNDLE_MALFORMED", message: /feed f/ });
    });
  }

  it("finds a Go module under every case", () => {
    const pkg: PackageId = { type: "golang", name: "github.com/BurntSushi/toml" };
    const table = new AdvisoryTable("f", writeTable([{ pkg, advisory: advisory("X") }]));
    for (const purl of [
      "pkg:golang/github.com/BurntSushi/toml",
      "pkg:golang/github.com/burntsushi/toml",
      "pkg:golang/github.com/%21burnt%21sushi/toml",
    ])
      assert.deepEqual(idsOf(table, parsePurl(purl)), ["X"], purl);
  });

  it("refuses a line that is no JSON when it is asked for", () => {
    const table = new AdvisoryTable("f", new TextEncoder().encode('npm/a\t[{"id":\n'));
    assert.deepEqual(table.lookup(npm("b")), []);
    assert.throws(() => table.lookup(npm("a")), { code: "BUNDLE_MALFORMED", message: /broken at byte 6/ });
  });
});
