import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { segmentsOf, shareBar, widthsOf } from "../../../../cli/dry-run/html/charts.ts";

const sum = (widths: readonly number[]) => widths.reduce((total, width) => total + width, 0);

describe("charts", () => {
  it("are as wide as the shares that they show", () => {
    assert.deepEqual(widthsOf([1, 1, 2], 4), [25, 25, 50]);
    assert.deepEqual(widthsOf([2], 8), [25]);
  });

  it("draw nothing for nothing, and all for the only one", () => {
    assert.deepEqual(widthsOf([0, 0], 0), [0, 0]);
    assert.deepEqual(widthsOf([0, 1], 1), [0, 100]);
    assert.deepEqual(widthsOf([], 0), []);
  });

  it("let nothing that is there vanish among a hundred thousand, and never exceed the whole", () => {
    for (const counts of [
      [1, 1, 1, 1, 1, 99_995],
      [1, 99_999],
      [99_999, 1],
      [20_000, 20_000, 20_000, 20_000, 20_000, 1],
    ]) {
      const widths = widthsOf(counts, sum(counts));
      assert.ok(Math.min(...widths) >= 1, String(widths));
      assert.ok(Math.abs(sum(widths) - 100) < 0.05, String(widths));
    }
  });

  it("tell verdicts from severe to harmless, without those that are not there", () => {
    assert.deepEqual(segmentsOf({ allow: 7, warn: 0, block: 2, unjudged: 1 }), [
      { shade: "block", count: 2 },
      { shade: "unjudged", count: 1 },
      { shade: "allow", count: 7 },
    ]);
  });

  it("say in words what they show", () => {
    const bar = shareBar(segmentsOf({ block: 1, allow: 3 }), 'All "4"').toString();
    assert.match(bar, /^<svg class="share" role="img" aria-label="All &quot;4&quot;"/);
    assert.deepEqual(
      [...bar.matchAll(/shade-([\w-]+)/g)].map(([, shade]) => shade),
      ["block", "allow"],
    );
  });
});
