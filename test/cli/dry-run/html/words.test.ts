import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spanOf } from "../../../../cli/dry-run/html/holds.ts";
import { joined, repositories, shareText } from "../../../../cli/dry-run/html/words.ts";
import { counted } from "../../../../cli/dry-run/words.ts";
import { html } from "../../../../core/page/html.ts";

describe("words of the report", () => {
  it("count in the singular and the plural, with thousands apart", () => {
    assert.deepEqual(
      [0, 1, 2, 1204, 100_000].map((number) => counted(number, "release")),
      ["0 releases", "1 release", "2 releases", "1,204 releases", "100,000 releases"],
    );
    assert.deepEqual([repositories(1), repositories(14)], ["1 repository", "14 repositories"]);
  });

  it("join with commas and a last `and`", () => {
    const text = (...items: string[]) => String(html`${joined(items)}`);
    assert.deepEqual([text(), text("a"), text("a", "b"), text("a", "b", "c")], ["", "a", "a and b", "a, b and c"]);
    assert.equal(text("<b>"), "&lt;b&gt;");
  });

  it("round no share to nothing or to all", () => {
    const shares: readonly (readonly [number, number, string])[] = [
      [0, 0, "0%"],
      [0, 5, "0%"],
      [1, 100_000, "under 0.1%"],
      [1, 400, "0.3%"],
      [1, 3, "33%"],
      [99_999, 100_000, "over 99.9%"],
      [995, 1000, "99.5%"],
      [5, 5, "100%"],
    ];
    for (const [part, whole, text] of shares) assert.equal(shareText(part, whole), text);
  });

  it("tell the bounds of holds in days, and in hours where they are no whole days", () => {
    assert.deepEqual(
      [spanOf(null, 24), spanOf(24, 72), spanOf(168, 720), spanOf(720, null), spanOf(12, 36), spanOf(null, null)],
      ["Up to 1 day", "1 to 3 days", "7 to 30 days", "Longer than 30 days", "12 hours to 36 hours", "Some time"],
    );
  });
});
