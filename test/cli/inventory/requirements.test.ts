/** Requirements as pip reads them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";

describe("readInventory() of requirements", () => {
  it("passes over no line that has requirements name a file or a folder, however it is written", () => {
    const { others, unjudged } = readInventory(
      "requirements.txt",
      [
        '-r "base file.txt"',
        "-cfoo.txt",
        "--requirement=x.txt --pre",
        "--constraint  y.txt # why",
        "-r=odd.txt",
        '--constraint "open.txt',
        "-r",
        "--requirem short.txt",
        "-r https://files.example/x.txt",
        "-egit+https://forge.example/acme/own",
        "-e.",
        "--index-url https://registry.example/simple",
        "--require-hashes",
      ].join("\n"),
    );
    assert.deepEqual(
      others.map(({ path, line }) => `${line} ${path}`),
      ["1 base file.txt", "2 foo.txt", "3 x.txt", "4 y.txt", "5 =odd.txt"],
    );
    assert.deepEqual(
      unjudged.map(({ name, reason, line }) => `${line} ${name} ${reason}`),
      [
        '6 --constraint "open.txt names a file in a way that is not read',
        "7 -r names a file in a way that is not read",
        "8 --requirem short.txt names a file in a way that is not read",
        "9 -r https://files.example/x.txt comes from an address",
        "10 -egit+https://forge.example/acme/own comes from git",
        "11 -e. lies in a folder",
      ],
    );
  });

  it("knows what requirements pin, also in parentheses and before options of their own", () => {
    const { releases, unjudged } = readInventory(
      "requirements.txt",
      [
        "six (==1.16.0)",
        "zope.interface[test] ( === 6.4 ) ; python_version > '3'",
        'foo==1.0 --config-settings="--build=--x"',
        "bar==2.0 --global-option=--quiet",
        "baz==3.0;python_version<'4' --hash=sha256:0",
        "open (>=1.0)",
        "both (==1.0,!=1.1)",
        "half (==1.0",
      ].join("\n"),
    );
    assert.deepEqual(
      releases.map(({ id, line }) => `${line} ${toPurl(id)}`),
      [
        "1 pkg:pypi/six@1.16.0",
        "2 pkg:pypi/zope-interface@6.4",
        "3 pkg:pypi/foo@1.0",
        "4 pkg:pypi/bar@2.0",
        "5 pkg:pypi/baz@3.0",
      ],
    );
    assert.deepEqual(
      unjudged.map(({ name, reason }) => `${name} ${reason}`),
      ["open", "both", "half"].map((name) => `${name} is not pinned to a version`),
    );
    assert.equal(readInventory("frozen.txt", "six (==1.16.0)\nidna==3.7\n").kind, "requirements");
  });

  // What pip 26.3 makes of these lines, by its own `preprocess()`.
  const LINES: readonly [title: string, text: string, read: readonly string[]][] = [
    ["a comment behind a requirement that ends in a backslash", "a==1 # why \\\nb==2\nc==3\n", ["1 a 1", "3 c 3"]],
    ["a line that is a comment and ends in one", "# why \\\nb==2\n  # why \\\nc==3", ["2 b 2", "4 c 3"]],
    ["a comment between the parts", "a==1 \\\n# why \\\nb==2", ["1 a 1", "3 b 2"]],
    ["a version in two lines", "a==1.\\\n0\\\n.1", ["1 a 1.0.1"]],
    ["a name in two lines", "le\\\\\n\\ft\\\n==1", ["1 left 1"]],
    ["a backslash at the end of the file", "a==1 \\", ["1 a 1"]],
    ["lines of Windows", "a==1 \\\r\n  --hash=sha256:0\r\nb==2\r\n", ["1 a 1", "3 b 2"]],
    ["what else ends a line for Python", "# x\fa==1\n# x\u2028b==2\n# x\u0085c==3", ["1 a 1", "2 b 2", "3 c 3"]],
  ];
  for (const [title, text, read] of LINES)
    it(`joins the lines of requirements as pip does: ${title}`, () => {
      const { releases, unjudged } = readInventory("requirements.txt", text);
      assert.deepEqual(
        releases.map(({ id, line }) => `${line} ${id.name} ${id.version}`),
        read,
      );
      assert.ok(unjudged.every(({ reason }) => reason.startsWith("is part of a comment to pip")));
    });

  it("tells what a backslash behind a comment hides from pip, and not from uv", () => {
    const { unjudged } = readInventory("requirements.txt", "a==1 # why \\\nb==2 # x \\\n\\\n  c==3\nd==4\n");
    assert.deepEqual(
      unjudged.map(({ name, line, reason }) => `${line} ${name} ${reason}`),
      ["b==2", "c==3"].map(
        (name, at) => `${2 * at + 2} ${name} is part of a comment to pip, and a line of its own to uv`,
      ),
    );
  });
});
