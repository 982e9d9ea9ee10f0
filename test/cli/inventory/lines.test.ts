/** Lockfiles that are read by their lines: other indentation, other forms, and files that were cut. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";
import { FIXTURES } from "../../support/inventories.ts";

describe("readInventory() of pnpm-lock.yaml and yarn.lock", () => {
  it("reads pnpm-lock.yaml and yarn.lock however deep a formatter indents them", () => {
    const deeper = (name: string, by: string) =>
      (FIXTURES[name]?.text ?? "").replace(/^ +/gm, (spaces) => by.repeat(spaces.length / 2));
    for (const [name, path] of [
      ["pnpm 9", "pnpm-lock.yaml"],
      ["pnpm 6", "pnpm-lock.yaml"],
      ["yarn 1", "yarn.lock"],
      ["yarn 4", "yarn.lock"],
    ] as const)
      for (const by of [" ", "   ", "    ", "        "])
        assert.deepEqual(
          readInventory(path, deeper(name, by)).releases.map(({ id, line }) => [toPurl(id), line]),
          FIXTURES[name]?.releases,
          name,
        );
  });

  it("reads keys that were too long for one line", () => {
    const key = (name: string) => `"${name}@npm:^1.0.0, ${`${name}@npm:1 || `.repeat(200)}"`;
    const berry = `__metadata:\n  version: 8\n\n? ${key("a")}\n:\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n`;
    assert.deepEqual(
      readInventory("yarn.lock", berry).releases.map(({ id }) => toPurl(id)),
      ["pkg:npm/a@1.0.0"],
    );
    const pnpm = "lockfileVersion: 5.4\npackages:\n  ? /a/1.0.0_long\n  : resolution: {integrity: x}\n    dev: true\n";
    assert.deepEqual(
      readInventory("pnpm-lock.yaml", pnpm).releases.map(({ id }) => toPurl(id)),
      ["pkg:npm/a@1.0.0"],
    );
  });

  it("tells where a pnpm-lock.yaml is cut: between two entries, and within what tells where one comes from", () => {
    const older = `lockfileVersion: 5.4\n\nspecifiers:\n  a: 1.0.0\n\ndependencies:\n  a: 1.0.0_c@3.0.0\n\npackages:\n
  /a/1.0.0_c@3.0.0:\n    resolution: {integrity: sha512-x}\n    dependencies:\n      alias: /@acme/b/2.0.0\n    dev: false\n
  /@acme/b/2.0.0:\n    resolution: {integrity: sha512-x}\n    optionalDependencies:\n      c: 3.0.0\n      own: link:../own\n
  /c/3.0.0:\n    resolution: {integrity: sha512-x}\n`;
    const tellsOfCut = (text: string): boolean =>
      cut("pnpm-lock.yaml", text) === undefined ||
      readInventory("pnpm-lock.yaml", text).unjudged.some(
        ({ reason }) => reason === "is referred to, and has no entry",
      );
    const whole = readInventory("pnpm-lock.yaml", older);
    assert.deepEqual([whole.entries, whole.unjudged], [3, []]);
    for (const text of [older, FIXTURES["pnpm 9"]?.text ?? ""])
      for (const { index, 0: entry } of text.matchAll(/^ {2}\S+:\n {4}resolution: \{[^}]*/gm))
        for (let end = index; end <= index + entry.length; end++)
          assert.ok(tellsOfCut(text.slice(0, end)), JSON.stringify(text.slice(0, end)));
  });

  it("tells where a yarn.lock is cut within an entry", () => {
    for (const name of ["yarn 1", "yarn 4"]) {
      const { text = "", releases = [] } = FIXTURES[name] ?? {};
      for (let end = text.indexOf("@acme/ui"); end < text.length; end++) {
        const found = cut("yarn.lock", text.slice(0, end));
        const named = releases.filter(([, line]) => text.slice(0, end).split("\n").length > line).map(([purl]) => purl);
        assert.ok(
          found === undefined || named.every((purl) => found.includes(purl)),
          JSON.stringify(text.slice(0, end)),
        );
      }
    }
  });

  it("takes no pnpm-lock.yaml for empty whose packages have another shape", () => {
    const head = "lockfileVersion: '9.0'\n";
    for (const [packages, message] of [
      ["packages: {a@1.0.0: {resolution: {integrity: x}}}\n", /^pnpm-lock\.yaml:2:1: its `packages` are not in lines/],
      ["packages: &all\n  a@1.0.0:\n    resolution: {}\n", /^pnpm-lock\.yaml:2:1: its `packages` are not in lines/],
      ['"packages":\n  a@1.0.0:\n    resolution: {}\n', /^pnpm-lock\.yaml:2:1: it is no key/],
      ["? packages\n:\n  a@1.0.0:\n    resolution: {}\n", /^pnpm-lock\.yaml:2:1: it is no key/],
      ["packages:\n\ta@1.0.0:\n\t\tresolution: {}\n", /^pnpm-lock\.yaml:2:1: its `packages` have no entries/],
      ["packages:\n\nsnapshots:\n", /^pnpm-lock\.yaml:2:1: its `packages` have no entries/],
      ["packages:\n", /^pnpm-lock\.yaml:2:1: its `packages` have no entries/],
      ["packages:\n    a@1.0.0:\n        resolution: {}\n  b@1.0.0:\n", /^pnpm-lock\.yaml:5:1: it is indented less/],
      ["packages:\n  a@1.0.0: {resolution: {integrity: x}}\n", /^pnpm-lock\.yaml:3:1: the entry has no `resolution`/],
    ] as const)
      assert.throws(
        () => readInventory("pnpm-lock.yaml", head + packages),
        { code: "FILE_UNREADABLE", message },
        packages,
      );
    for (const none of ["", "packages: {}\n", "packages: null # none\n"])
      assert.equal(readInventory("pnpm-lock.yaml", head + none).entries, 0, none);
  });
});

/** The releases of what is left of a file; undefined where it is told to be cut. */
function cut(path: string, text: string): readonly string[] | undefined {
  try {
    return readInventory(path, text).releases.map(({ id }) => toPurl(id));
  } catch (error) {
    assert.equal((error as { code?: string }).code, "FILE_UNREADABLE");
    return undefined;
  }
}
