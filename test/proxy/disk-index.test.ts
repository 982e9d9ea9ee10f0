import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DiskIndex, type Entry } from "../../proxy/disk-index.ts";

const entry = (size: number): Entry => ({ size, isChecked: false, touched: 0 });
const indexOf = (sizes: Readonly<Record<string, number>>, maxBytes: number) =>
  new DiskIndex(
    Object.entries(sizes).map(([key, size]) => [key, entry(size)] as const),
    maxBytes,
  );

/** As the cache does, without the disk. */
function trim(index: DiskIndex, last?: string): string[] {
  const dropped: string[] = [];
  for (const key of index.excess(last)) {
    index.forget(key);
    dropped.push(key);
  }
  return dropped;
}

describe("DiskIndex", () => {
  it("drops what was not used for longest, until the rest is no more than may be", () => {
    const index = indexOf({ a: 40, b: 40, c: 40 }, 100);
    assert.ok(index.use("a"));
    assert.deepEqual(trim(index), ["b"]);
    assert.deepEqual(index.usage, { bytes: 80, maxBytes: 100, entries: 2 });
  });

  it("keeps what came last, however large it is", () => {
    const index = indexOf({ a: 40 }, 100);
    index.add("b", 500);
    assert.deepEqual(trim(index, "b"), ["a"]);
    assert.equal(index.usage.bytes, 500);
  });

  it("counts a key once that is added again", () => {
    const index = indexOf({ a: 40 }, 100);
    index.add("a", 30);
    assert.deepEqual(index.usage, { bytes: 30, maxBytes: 100, entries: 1 });
  });

  it("takes a disk that is full for one that has room for half, once for failures that come together", () => {
    const index = indexOf({ a: 30, b: 30 }, 1000);
    assert.deepEqual([index.halve(), index.halve()], [true, false]);
    assert.deepEqual(trim(index), ["a"]);
    assert.equal(index.usage.maxBytes, 30);
  });
});
