import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing } from "../../../../core/ecosystems/golang/listing.ts";
import { inspectModule } from "../../../../core/ecosystems/golang/module.ts";
import { zip } from "../../../support/zip.ts";

const release = parseListing("example.com/x", Buffer.from("v1.0.0\n")).releases.get("v1.0.0");

async function inspect(...sources: readonly string[]) {
  assert.ok(release);
  const files = sources.map((content, index) => ({ name: `example.com/x@v1.0.0/f${index}.go`, content }));
  const bytes = zip([{ name: "example.com/x@v1.0.0/C.txt", content: 'import "C"\n//go:generate x' }, ...files]);
  return (
    await inspectModule(release, async function* () {
      yield bytes;
    })
  ).module;
}

describe("inspectModule()", () => {
  const CASES: readonly [name: string, source: string, cgo: boolean, generate: boolean][] = [
    ["plain Go", 'package x\n\nimport "fmt"\n', false, false],
    ["an import of C", 'package x\n\nimport "C"\n', true, false],
    ["one in a list", 'package x\n\nimport (\n\t"fmt"\n\t"C"\n)\n', true, false],
    ["one in a line", 'package x; import ("C"); func f() {}', true, false],
    ["C in a text", 'package x\n\nvar a = "BC" + f("C#")\n', false, false],
    ["a generator", "package x\n\n//go:generate stringer -type=T\n", false, true],
    ["talk of generators", "package x\n\n// see //go:generate\n", false, false],
  ];
  for (const [name, source, cgo, generate] of CASES)
    it(`tells of ${name}`, async () =>
      assert.deepEqual(await inspect("package x\n", source), { readable: true, cgo, generate }));

  it("takes what it cannot read for both", async () => {
    assert.ok(release);
    const { module } = await inspectModule(release, async function* () {
      yield Buffer.from("no zip");
    });
    assert.deepEqual([module?.readable, module?.cgo, module?.generate], [false, true, true]);
    assert.match(module?.problem ?? "", /cannot be unpacked/);
  });
});
