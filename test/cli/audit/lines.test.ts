import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type Lines, linesOf, MAX_LINE } from "../../../cli/audit/lines.ts";
import { measureHeld } from "../../support/memory.ts";

/** As a disk gives them: never more than so many at once. */
async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

interface Read {
  readonly texts: string[];
  readonly tooLong: number[];
  readonly isOpen: boolean;
  readonly failure: string | undefined;
}

async function read(bytes: Uint8Array, size = 64 * 1024): Promise<Read> {
  const all: Lines[] = [];
  let failure: string | undefined;
  try {
    for await (const lines of linesOf(chunksOf(bytes, size))) all.push(lines);
  } catch (error) {
    failure = String(error);
  }
  const texts = all.flatMap((lines) => lines.texts);
  // Line numbers go on from one batch to the next.
  let next = 1;
  for (const { first, texts } of all) {
    assert.equal(first, next);
    next += texts.length;
  }
  return { texts, tooLong: all.flatMap((lines) => lines.tooLong), isOpen: all.at(-1)?.isOpen ?? false, failure };
}

const many = Array.from({ length: 20_000 }, (_, index) => `{"number":${index},"text":"ärger \u{1f600}"}`);
const text = `${many.join("\n")}\n`;

describe("linesOf()", () => {
  for (const size of [1, 7, 1000, 256 * 1024])
    it(`gives the same lines in chunks of ${size} bytes`, async () => {
      const some = size === 1 ? many.slice(0, 500) : many;
      const { texts, isOpen } = await read(Buffer.from(`${some.join("\n")}\n`), size);
      assert.deepEqual(texts, some);
      assert.equal(isOpen, false);
    });

  it("knows gzip by its content, of one member or of several", async () => {
    assert.deepEqual((await read(gzipSync(text))).texts, many);
    const joined = Buffer.concat([gzipSync(text.slice(0, 100_000)), gzipSync(text.slice(100_000))]);
    assert.deepEqual((await read(joined, 13)).texts, many);
  });

  it("gives a last line without its end, and says so", async () => {
    assert.deepEqual(await read(Buffer.from('{}\n{"a')), {
      texts: ["{}", '{"a'],
      tooLong: [],
      isOpen: true,
      failure: undefined,
    });
  });

  it("gives nothing of nothing, and the byte of one byte", async () => {
    assert.deepEqual((await read(Buffer.alloc(0))).texts, []);
    assert.deepEqual((await read(Buffer.from("x"))).texts, ["x"]);
  });

  it("gives every line that is whole of a gzip file that is cut, and then fails", async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${Math.sin(index)}`);
    const packed = gzipSync(lines.join("\n"));
    const { texts, failure } = await read(packed.subarray(0, packed.length - 100));
    assert.match(failure ?? "", /unexpected end of file/);
    assert.ok(texts.length > 19_500, `only ${texts.length}`);
    assert.deepEqual(texts, lines.slice(0, texts.length));
  });

  it("fails at a gzip file that is damaged", async () => {
    const packed = gzipSync(Array.from({ length: 20_000 }, (_, index) => `${Math.sin(index)}`).join("\n"));
    packed.fill(0xff, 1000, 2000);
    assert.notEqual((await read(packed)).failure, undefined);
  });

  for (const size of [1000, 64 * 1024, 256 * 1024])
    it(`passes over lines without end, in chunks of ${size} bytes, and reads those around them`, async () => {
      const long = "x".repeat(MAX_LINE + 1);
      const fits = "y".repeat(MAX_LINE);
      const { texts, tooLong } = await read(Buffer.from(["a", long, "b", fits, long, long, "c", ""].join("\n")), size);
      assert.deepEqual(texts, ["a", "", "b", fits, "", "", "c"]);
      assert.deepEqual(tooLong, [2, 5, 6]);
    });

  it("needs little memory for a line of a quarter of a gigabyte that is packed into a quarter of a megabyte", {
    timeout: 120_000,
  }, async () => {
    const bomb = Buffer.concat(Array.from({ length: 4 }, () => gzipSync(Buffer.alloc(64 * 1024 * 1024, "x"))));
    const { result, most } = await measureHeld(() => read(bomb, 4 * 1024));
    assert.deepEqual(result.tooLong, [1]);
    assert.ok(most < 100 * 1024 * 1024, String(most));
  });
});
