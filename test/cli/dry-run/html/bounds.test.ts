import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bounded, folded, groupBy } from "../../../../cli/dry-run/html/bounds.ts";
import { html, type Markup } from "../../../../core/page/html.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const item = (number: number): Markup => html`<i>${number}</i>`;
const wrap = (rows: readonly Markup[]) => html`<ul>${rows}</ul>`;
const shown = (count: number, open: number) =>
  String(html`${folded(bounded(numbers(count), item, 100_000), { open, wrap, singular: "row" })}`);

describe("bounded lists", () => {
  it("hold 300 rows, and count the others", () => {
    const { drawn, more } = bounded(numbers(100_000), item, 1_000_000);
    assert.deepEqual([drawn.length, more], [300, 99_700]);
  });

  it("end where their bytes do, measured in UTF-8", () => {
    const wide = () => html`${"é".repeat(50)}`;
    assert.equal(bounded(numbers(10), wide, 350).drawn.length, 3);
    assert.equal(bounded(numbers(10), wide, 99).drawn.length, 0);
  });

  it("stop drawing where they end", () => {
    let drawn = 0;
    const count = (number: number) => {
      drawn++;
      return item(number);
    };
    bounded(numbers(100_000), count, 1_000_000);
    assert.equal(drawn, 300);
  });

  it("fold what is long, but not for a row or two", () => {
    assert.equal(shown(2, 8), "<ul><i>0</i><i>1</i></ul>");
    assert.doesNotMatch(shown(10, 8), /details/);
    assert.match(shown(11, 8), /<details><summary>3 more rows<\/summary><ul><i>8<\/i>/);
    assert.match(shown(3, 0), /^<details><summary>3 rows<\/summary>/);
    assert.match(shown(301, 0), /and 1 more row, in the JSON/);
    assert.equal(shown(0, 8), "");
  });

  it("group what is alike, the largest group first", () => {
    assert.deepEqual(
      groupBy(["a", "bb", "cc", "dd", "eee"], (text) => String(text.length)).map(([key, items]) => [key, items.length]),
      [
        ["2", 3],
        ["1", 1],
        ["3", 1],
      ],
    );
  });
});
