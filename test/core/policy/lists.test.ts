import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicies } from "../../../core/policy/compile.ts";
import { decide } from "../../../core/policy/engine.ts";
import { compileLists } from "../../../core/policy/lists.ts";
import type { Diagnostic } from "../../../core/source/diagnostic.ts";
import { compileSet, listFile, policyFile } from "../../support/policies.ts";

const HEAD = "apiVersion: cordon/v1\nkind: PackageList\n";

function listOf(...files: readonly { path: string; text: string }[]) {
  const diagnostics: Diagnostic[] = [];
  const lists = compileLists(files, diagnostics);
  return { lists, diagnostics, value: lists.value as Record<string, Map<string, string>> };
}

const yaml = (text: string) => ({ path: "lists/some.yaml", text });

describe("compileLists()", () => {
  it("gives a map from entry to reason for each list", () => {
    const { lists, value, diagnostics } = listOf(
      listFile("allowed", ["pkg:npm/a", "pkg:npm/b"]),
      yaml(
        `${HEAD}metadata: { name: denied }\nspec:\n  entries:\n    - { entry: pkg:npm/x, reason: Emptied. }\n    - pkg:npm/y\n`,
      ),
    );
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(lists.names, ["allowed", "denied"]);
    assert.deepEqual(lists.record.fields, { allowed: "map<string, string>", denied: "map<string, string>" });
    assert.deepEqual(
      [...(value["denied"] ?? [])],
      [
        ["pkg:npm/x", "Emptied."],
        ["pkg:npm/y", ""],
      ],
    );
    assert.deepEqual([...(value["allowed"]?.keys() ?? [])], ["pkg:npm/a", "pkg:npm/b"]);
  });

  it("knows no lists where there are no files", () => {
    assert.deepEqual(listOf().lists.names, []);
  });

  it("keeps entries that are names of the prototype apart from it", () => {
    const { value } = listOf(listFile("odd", ["__proto__", "constructor"]));
    assert.deepEqual([...(value["odd"]?.keys() ?? [])], ["__proto__", "constructor"]);
  });

  it("refuses a second list of the same name, and keeps the first", () => {
    const second = { ...listFile("allowed", ["pkg:npm/b"]), path: "lists/other.yaml" };
    const { value, diagnostics } = listOf(listFile("allowed", ["pkg:npm/a"]), second);
    assert.deepEqual([...(value["allowed"]?.keys() ?? [])], ["pkg:npm/a"]);
    assert.deepEqual(
      diagnostics.map(({ file, line, column, severity, code }) => [file, line, column, severity, code]),
      [["lists/other.yaml", 3, 19, "error", "duplicate-name"]],
    );
  });

  it("warns of an entry that stands there twice, at the second", () => {
    const { value, diagnostics } = listOf(
      yaml(`${HEAD}metadata: { name: some }\nspec:\n  entries:\n    - pkg:npm/a\n    - pkg:npm/b\n    - pkg:npm/a\n`),
    );
    assert.equal(value["some"]?.size, 2);
    assert.deepEqual(
      diagnostics.map(({ line, column, severity, message }) => [line, column, severity, message]),
      [[8, 7, "warning", "`pkg:npm/a` stands in the list twice"]],
    );
  });

  const WRONG: readonly [name: string, text: string, place: string, message: RegExp][] = [
    ["a missing name", `${HEAD}metadata: {}\nspec: { entries: [] }\n`, "3:11", /^metadata: the key `name` is missing$/],
    [
      "a name that rules cannot write",
      `${HEAD}metadata: { name: my-list }\nspec: { entries: [] }\n`,
      "3:19",
      /must match/,
    ],
    ["a misspelt key", `${HEAD}metadata: { name: a }\nspec: { entries: [], entris: [] }\n`, "4:22", /`entries`/],
    [
      "an entry that is no text",
      `${HEAD}metadata: { name: a }\nspec: { entries: [1] }\n`,
      "4:19",
      /^spec\.entries\.0: has none of the allowed forms$/,
    ],
    [
      "an entry without a reason",
      `${HEAD}metadata: { name: a }\nspec: { entries: [{ entry: x }] }\n`,
      "4:19",
      /none of the allowed forms/,
    ],
    ["an empty entry", `${HEAD}metadata: { name: a }\nspec: { entries: [""] }\n`, "4:19", /none of the allowed forms/],
    [
      "another kind",
      "apiVersion: cordon/v1\nkind: PackagePolicy\nmetadata: { name: a }\nspec: { entries: [] }\n",
      "2:7",
      /"PackageList"/,
    ],
    ["broken YAML", `${HEAD}metadata: [\n`, "4:1", /./],
  ];
  for (const [name, text, place, message] of WRONG) {
    it(`tells the place of ${name}, and makes no list of the file`, () => {
      const { lists, diagnostics } = listOf(yaml(text));
      const [first] = diagnostics as [Diagnostic];
      assert.equal(`${first.file}:${first.line}:${first.column}`, `lists/some.yaml:${place}`, first.message);
      assert.match(first.message, message);
      assert.deepEqual(lists.names, []);
    });
  }
});

describe("lists in rules", () => {
  const facts = {
    pkg: { ecosystem: "npm" as const, name: "x", purl: "pkg:npm/x" },
    release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0" },
    advisories: [],
    client: { groups: [], claims: {} },
  };
  const judge = (condition: string, lists: ReturnType<typeof listFile>[]) =>
    decide(
      compileSet({
        policies: [
          policyFile(
            "p",
            `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: m }]`,
          ),
        ],
        lists,
      }),
      facts,
      { now: new Date("2026-11-22T12:00:00Z"), known: new Set(["identity"]), bundle: null },
    );

  it("are asked with `in`, and give the reason", () => {
    assert.equal(judge("pkg.purl in lists.denied", [listFile("denied", ["pkg:npm/x"])]).decision, "block");
    assert.equal(judge("pkg.purl in lists.denied", [listFile("denied", ["pkg:npm/y"])]).decision, "allow");
    assert.equal(judge('lists.denied["pkg:npm/x"] == ""', [listFile("denied", ["pkg:npm/x"])]).decision, "block");
  });

  it("are found by a misspelt name's neighbour", () => {
    const { diagnostics } = compilePolicies({
      policies: [
        policyFile("p", "  rules: [{ name: r, condition: pkg.purl in lists.deneid, verdict: block, message: m }]"),
      ],
      lists: [listFile("denied", [])],
      approvals: [],
    });
    assert.match(diagnostics[0]?.message ?? "", /did you mean `denied`\?/);
  });

  for (const name of ["toString", "hasOwnProperty", "valueOf"]) {
    it(`may be named ${name}`, () => {
      const decision = judge(`pkg.purl in lists.${name}`, [listFile(name, ["pkg:npm/x"])]);
      assert.deepEqual([decision.decision, decision.reason], ["block", "m"]);
    });
  }
});
