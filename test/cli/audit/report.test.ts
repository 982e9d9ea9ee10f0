import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decisionRow, decisionTable, groupTable } from "../../../cli/audit/columns.ts";
import { csvRecord, DECISION_HEAD, decisionCells } from "../../../cli/audit/csv.ts";
import { type Entry, parseEntry } from "../../../cli/audit/entry.ts";
import { Groups } from "../../../cli/audit/groups.ts";
import { Newest } from "../../../cli/audit/newest.ts";
import { harmlessJson } from "../../../cli/audit/output.ts";
import { logLine } from "../../support/decisions.ts";
import { heldBytes } from "../../support/memory.ts";

const HOSTILE = "\u001b[2J\u009b31m\u202eevil\r\n\u2066=1+1";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function entryOf(purl: string, given: Readonly<Record<string, unknown>> = {}): Entry {
  const entry = parseEntry(logLine(purl, given));
  assert.ok(typeof entry !== "string", String(entry));
  return entry;
}

const at = (second: number) => ({ recordedAt: new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString() });
const hostile = entryOf(`pkg:npm/${HOSTILE}@1.0.0`, {
  decision: "block",
  policy: HOSTILE,
  rule: HOSTILE.repeat(1000),
  reason: HOSTILE.repeat(10_000),
  evidence: [{ id: HOSTILE }],
  client: { address: HOSTILE, agent: HOSTILE.repeat(1000) },
});

/** Colours of ours aside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
const plain = (text: string): string => text.replace(/\u001b\[\d+m/g, "");

describe("what strangers wrote", () => {
  const FORMS: readonly [name: string, text: string][] = [
    ["a table", decisionTable([hostile], undefined)],
    ["a row", decisionRow(hostile, 100)],
    ["CSV", csvRecord(decisionCells(hostile))],
    ["JSON", harmlessJson(JSON.stringify(hostile.line, null, 2))],
    ["a line as it stands", harmlessJson(hostile.text)],
  ];
  for (const [name, text] of FORMS)
    it(`is harmless in ${name}`, () => assert.doesNotMatch(plain(text).replace(/\n$/, ""), UNSAFE));

  it("is harmless in a table of groups, and of bounded length", () => {
    const groups = new Groups(["agent", "client", "policy", "advisory", "package"]);
    groups.add(hostile);
    const text = plain(groupTable(["agent", "client", "policy", "advisory", "package"], groups.top()));
    assert.doesNotMatch(text, UNSAFE);
    assert.ok(text.length < 2000);
  });

  it("does not move the cursor between the values of a line", () => {
    const text = `${hostile.text.trimEnd().slice(0, -1)},\r"a":\t1}`;
    const harmless = harmlessJson(text);
    assert.doesNotMatch(harmless, UNSAFE);
    assert.deepEqual(JSON.parse(harmless), JSON.parse(text));
  });

  it("stays the same JSON", () => assert.deepEqual(JSON.parse(harmlessJson(hostile.text)), hostile.line));
});

describe("a table of decisions", () => {
  it("is cut to the terminal", () => {
    const entries = [entryOf("pkg:npm/x@1.0.0", { decision: "warn", reason: "why ".repeat(100) })];
    for (const width of [120, 140])
      for (const line of decisionTable(entries, width).split("\n").slice(1)) assert.equal(plain(line).length, width);
    assert.match(decisionTable(entries, undefined), /(why ){70}/);
  });

  it("has two lines for a decision where a terminal is too narrow for one, and none of them wraps", () => {
    const entry = entryOf("pkg:npm/%40acme/ui@1.0.0", {
      decision: "quarantine",
      policy: "release-age",
      rule: "too-young",
      reason: "why ".repeat(100),
    });
    const expected = [
      "2026-11-22T12:00:00Z  quarantine  pkg:npm/%40acme/ui@1.0.0",
      "  release-age/too-young  127.0.0.1 npm/11.0.0  why why why why why why why why …",
    ];
    assert.deepEqual(plain(decisionTable([entry], 80)).split("\n"), expected);
    assert.deepEqual(plain(decisionRow(entry, 80)).split("\n"), expected);
    const allowed = entryOf("pkg:npm/x@1.0.0");
    assert.equal(plain(decisionTable([allowed], 60)).split("\n")[1], "  127.0.0.1 npm/11.0.0  no policy objects");
  });

  it("shows the version of a release with a long name", () => {
    const purl = `pkg:golang/git.acme.example/${"team/".repeat(10)}presigned-url@1.11.3`;
    for (const width of [80, 250, undefined])
      assert.match(plain(decisionTable([entryOf(purl)], width)), /presigned-url@1\.11\.3/);
  });
});

describe("CSV", () => {
  it("quotes what must be quoted, and defuses what a spreadsheet would run", () => {
    assert.equal(
      csvRecord(['a "b"', "c,d", "=1+1", "+1", "-1", "@x", " =1", "plain", ""]),
      `"a ""b""","c,d",'=1+1,'+1,'-1,'@x,'=1,plain,`,
    );
  });

  it("defuses formulas of full width, and those behind what separates cells elsewhere", () => {
    assert.equal(csvRecord(["\uff1d1+1", "a;=1+1", "a; @x", "a;\t-1"]), "'\uff1d1+1,a;'=1+1,a; '@x,a; '-1");
    assert.equal(csvRecord(["a,=1+1"]), `"a,'=1+1"`);
  });

  it("names the bundle's revision", () => {
    assert.equal(decisionCells(entryOf("pkg:npm/x@1.0.0", { bundle: { revision: 7 } })).at(-1), "7");
  });

  it("leaves empty what should be a number and is none", () => {
    for (const revision of [{ toString: 1 }, [[]], "7", null])
      assert.equal(decisionCells(entryOf("pkg:npm/x@1.0.0", { bundle: { revision } })).at(-1), "");
  });

  it("has a cell for each head", () => assert.equal(decisionCells(hostile).length, DECISION_HEAD.length));
});

describe("groups", () => {
  it("are counted, with the first and the last, the largest first", () => {
    const groups = new Groups(["decision", "package"]);
    for (const [purl, second] of [
      ["pkg:npm/a@1.0.0", 5],
      ["pkg:npm/b@1.0.0", 7],
      ["pkg:npm/a@2.0.0", 3],
    ] as const)
      groups.add(entryOf(purl, at(second)));
    assert.deepEqual(groups.top(), [
      { values: ["allow", "pkg:npm/a"], count: 2, first: "2026-11-22T12:00:03Z", last: "2026-11-22T12:00:05Z" },
      { values: ["allow", "pkg:npm/b"], count: 1, first: "2026-11-22T12:00:07Z", last: "2026-11-22T12:00:07Z" },
    ]);
    assert.equal(groups.top(1).length, 1);
  });

  it("are made by each thing that they may be made by", () => {
    const entry = entryOf("pkg:npm/%40acme/ui@1.0.0", {
      evidence: [{ id: "A" }, { id: "B" }, { id: "A" }],
      ...at(0),
    });
    const valuesBy = (field: ConstructorParameters<typeof Groups>[0][number]) => {
      const groups = new Groups([field]);
      groups.add(entry);
      return groups.top().map(({ values }) => values[0]);
    };
    assert.deepEqual(valuesBy("decision"), ["allow"]);
    assert.deepEqual(valuesBy("policy"), [null]);
    assert.deepEqual(valuesBy("package"), ["pkg:npm/%40acme/ui"]);
    assert.deepEqual(valuesBy("release"), ["pkg:npm/%40acme/ui@1.0.0"]);
    assert.deepEqual(valuesBy("client"), ["127.0.0.1"]);
    assert.deepEqual(valuesBy("agent"), ["npm/11.0.0 node/v24.0.0 linux x64"]);
    assert.deepEqual(valuesBy("ecosystem"), ["npm"]);
    assert.deepEqual(valuesBy("day"), ["2026-11-22"]);
    assert.deepEqual(valuesBy("hour"), ["2026-11-22T12:00Z"]);
    assert.deepEqual(valuesBy("advisory"), ["A", "B"]);
  });

  it("are bounded in number: what is in none is counted", () => {
    const groups = new Groups(["agent"]);
    const entry = entryOf("pkg:npm/x@1.0.0");
    for (let number = 0; number < 100_010; number++) groups.add({ ...entry, agent: `agent ${number}` });
    assert.deepEqual([groups.size, groups.ungrouped], [100_000, 10]);
  });
});

describe("groups of long values", () => {
  it("take no more memory than what is shown of them", () => {
    const groups = new Groups(["agent"]);
    const before = heldBytes();
    for (let number = 0; number < 400; number++)
      groups.add(
        entryOf("pkg:npm/x@1.0.0", { client: { address: "10.0.0.1", agent: `${number} ${"x".repeat(900_000)}` } }),
      );
    assert.ok(heldBytes() - before < 30 * 1024 * 1024);
    assert.equal(groups.size, 400);
  });
});

describe("the newest decisions", () => {
  it("are kept in the order of time, however many come, and the others counted", () => {
    const newest = new Newest(3);
    for (const second of [5, 1, 9, 2, 8, 3, 7, 4, 6]) newest.add(entryOf(`pkg:npm/x@${second}.0.0`, at(second)));
    assert.deepEqual(
      newest.list().map(({ purl }) => purl),
      ["pkg:npm/x@7.0.0", "pkg:npm/x@8.0.0", "pkg:npm/x@9.0.0"],
    );
    assert.equal(newest.more, 6);
  });

  it("are bounded in length too", () => {
    const newest = new Newest(1000);
    const long = "x".repeat(1_000_000);
    for (let number = 0; number < 300; number++)
      newest.add(
        entryOf(`pkg:npm/x@${number}.0.0`, {
          recordedAt: new Date(Date.UTC(2026, 10, 22) + number * 1000).toISOString(),
          long,
        }),
      );
    const [kept, more] = [newest.list(), newest.more];
    assert.equal(kept.length + more, 300);
    assert.ok(kept.length > 14 && kept.length < 18, String(kept.length));
    assert.equal(kept.at(-1)?.purl, "pkg:npm/x@299.0.0");
  });

  it("take no more memory than their own lines need", () => {
    const newest = new Newest(20_000);
    const line = logLine("pkg:npm/x@1.0.0").trimEnd();
    // As they are read: one that matches, in a quarter of a megabyte of others.
    const before = heldBytes();
    for (let number = 0; number < 3000; number++) {
      const [text = ""] = Buffer.from(`${line}\n${"x".repeat(250_000)}`)
        .toString()
        .split("\n");
      newest.add({ ...entryOf("pkg:npm/x@1.0.0"), text });
    }
    assert.ok(heldBytes() - before < 30 * 1024 * 1024);
    assert.equal(newest.more, 0);
  });
});
