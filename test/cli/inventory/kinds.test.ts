/** Each kind of inventory, by its fixture, and what holds for all of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { INVENTORY_READERS, readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";
import { FIXTURES, HASH } from "../../support/inventories.ts";

describe("readInventory()", () => {
  for (const [name, { kind, name: file, text, releases, unjudged = [], uncounted = 0 }] of Object.entries(FIXTURES)) {
    it(`reads ${name}`, () => {
      const found = readInventory(`web/${file}`, text);
      assert.equal(found.kind, kind);
      assert.deepEqual(
        found.releases.map(({ id, line }) => [toPurl(id), line]),
        releases,
      );
      assert.deepEqual(
        found.unjudged.map(({ name, reason }) => [name, reason]),
        unjudged,
      );
      assert.equal(found.entries, releases.length + unjudged.length - uncounted);
    });

    it(`knows ${name} by its content, and takes it for nothing else`, () => {
      for (const called of [file, "a.json", "x.lock", "without-an-ending"]) {
        const opened = { path: called, name: called, text, json: /^\s*\{/.test(text) ? parse(text) : undefined };
        // Addresses of files make a log of anything that is nothing else.
        const readers = INVENTORY_READERS.slice(0, -1)
          .filter((reader) => reader.recognizes(opened))
          .map((reader) => reader.kind);
        assert.deepEqual(readers, [kind], called);
      }
    });
  }

  it("tells when a release was published, where the file does", () => {
    for (const name of ["uv", "pylock"])
      assert.deepEqual(
        readInventory(FIXTURES[name]?.name ?? "", FIXTURES[name]?.text ?? "").releases.map(({ told }) => told),
        [{ published: "2024-04-11T03:34:41Z" }],
      );
  });

  it("tells the digest, and whether scripts run, where the file does", () => {
    const { text = "", name = "" } = FIXTURES["cargo"] ?? {};
    assert.deepEqual(readInventory(name, text).releases[0]?.told, { digests: { sha256: HASH } });
    const pnpm = FIXTURES["pnpm 6"];
    assert.deepEqual(
      readInventory(pnpm?.name ?? "", pnpm?.text ?? "").releases.map(({ runsScripts }) => runsScripts),
      [true, false],
    );
  });

  it("says where a file of a known name is broken, and reads no part of it", () => {
    const BROKEN: readonly [name: string, text: string, message: RegExp][] = [
      ["pnpm-lock.yaml", "", /^pnpm-lock\.yaml:1:1: it does not say its `lockfileVersion`/],
      [
        "yarn.lock",
        "# yarn lockfile v1\n\nleft-pad@^1.3.0:\n  resolved x\n",
        /^yarn\.lock:3:1: it is no entry of a yarn\.lock/,
      ],
      ["bun.lock", '{\n  "lockfileVersion": 1,\n', /^bun\.lock:3:1: it ends in the middle/],
      ["Cargo.lock", "version = 3\n[[package]\nname", /^Cargo\.lock:2:\d+: it is not TOML/],
      ["uv.lock", "", /^uv\.lock:1:1: it is empty/],
      ["go.mod", "module a\nrequire (\n  example.com/a v1.0.0\n", /^go\.mod:4:1: it ends in the middle of `require`/],
      ["go.sum", "github.com/acme/lib v1.0.0 h1:x=\ngithub.com/acme/l", /^go\.sum:2:1: it is no line of a go\.sum/],
      ["Pipfile.lock", "{", /^Pipfile\.lock:1:2: it ends in the middle/],
      [
        "modules.json",
        '{\n\t"Path": "a",\n\t"Version": "v1.0.0"\n}\n{\n\t"Path"',
        /^modules\.json:5:1: it is no document of/,
      ],
    ];
    for (const [name, text, message] of BROKEN)
      assert.throws(() => readInventory(name, text), { code: "FILE_UNREADABLE", message });
  });

  it("shows no password of an address", () => {
    for (const [name, text] of [
      [
        "requirements.txt",
        "a==1\n-e git+https://user:secret@git.example/x.git\nb @ https://user:secret@x.example/b.zip\n",
      ],
      [
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  a@https://user:secret@x.example/a.tgz:\n    resolution: {tarball: x}\n    version: 1.0.0\n",
      ],
    ] as const) {
      const found = JSON.stringify(readInventory(name, text));
      assert.match(found, /x\.example/);
      assert.doesNotMatch(found, /secret/);
    }
  });

  it("is linear in what it reads", () => {
    for (const text of [
      "a",
      " ",
      '"',
      "[",
      "{",
      "\\",
      "a==",
      "a ( ",
      "a\\\n",
      "a #\\\n",
      "a: x:",
      "@",
      "\n",
      "  a:\n",
      "[[package]]\n",
      "pkg:",
    ].map((part) => part.repeat(500_000 / part.length)))
      for (const name of [
        "a.txt",
        "yarn.lock",
        "pnpm-lock.yaml",
        "go.mod",
        "package-lock.json",
        "bun.lock",
        "requirements.txt",
      ])
        try {
          readInventory(name, text);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "FILE_UNREADABLE", `${name}: ${String(error).slice(0, 200)}`);
        }
  });
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
