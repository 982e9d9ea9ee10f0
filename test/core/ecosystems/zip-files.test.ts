import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readZipFiles, type ZipLimits } from "../../../core/ecosystems/zip-files.ts";
import { zip } from "../../support/zip.ts";

const LIMITS: ZipLimits = { bytes: 1_000_000, unpacked: 1000, entries: 10 };

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
}
const read = (bytes: Uint8Array, limits = LIMITS) =>
  readZipFiles(pieces(bytes), (path) => path.endsWith(".go"), limits);
const file = (name: string, content = "package x") => ({ name, content });

describe("readZipFiles()", () => {
  it("gives the files that are wanted, and no others", async () => {
    const found = await read(zip([file("a/x.go"), file("a/y.txt"), file("b.go", "package y")]));
    assert.deepEqual(
      [...found],
      [
        ["a/x.go", "package x"],
        ["b.go", "package y"],
      ],
    );
  });

  const REFUSED: readonly [name: string, bytes: Uint8Array, why: RegExp][] = [
    ["one path twice", zip([file("x.go"), file("x.go", "package evil")]), /twice/],
    ["more entries than are read", zip(Array.from({ length: 11 }, (_, index) => file(`${index}.txt`))), /entries/],
    ["more text than is read", zip([file("x.go", "x".repeat(600)), file("y.go", "y".repeat(600))]), /too much/],
    ["what is no archive", Buffer.from("not a zip at all, and not short either"), /cannot be unpacked/],
    ["an archive that is cut", zip([file("x.go"), file("y.go")]).subarray(0, 100), /cannot be unpacked/],
    ["an archive that is too large", Buffer.alloc(1_000_001), /too large/],
  ];
  for (const [name, bytes, why] of REFUSED)
    it(`refuses ${name}`, () => assert.rejects(read(bytes), { code: "ARCHIVE_MALFORMED", message: why }));

  it("does not unpack more than an entry says that it has", async () => {
    const bytes = zip([{ ...file("x.go", "x".repeat(900)), claimedSize: 10 }]);
    const found = await read(bytes).catch((error: Error) => error.message);
    assert.ok(typeof found === "string" ? /cannot be unpacked/.test(found) : (found.get("x.go")?.length ?? 0) <= 10);
  });

  it("hands on what the source fails with", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(3);
      throw new Error("it broke off");
    }
    await assert.rejects(
      readZipFiles(failing(), () => true),
      { message: "it broke off" },
    );
  });
});
