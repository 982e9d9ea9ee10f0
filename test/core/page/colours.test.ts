import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Colours, DARK, LIGHT } from "../../../core/page/colours.ts";

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const channel = (at: number) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["page", "raised", "code"] as const;
const DECIDED = ["blocked", "held", "stripped", "allowed"] as const;

const TEXTS: readonly (readonly [text: keyof Colours, ground: keyof Colours])[] = [
  ...(["ink", "muted", "link"] as const).flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)),
  ...DECIDED.flatMap((tone) => (["page", "raised", `${tone}Soft`] as const).map((ground) => [tone, ground] as const)),
  ["onButton", "button"],
];

describe("colours", () => {
  for (const [theme, colours] of Object.entries({ light: LIGHT, dark: DARK })) {
    it(`give text a contrast of 4.5 to 1 in the ${theme} theme (WCAG AA)`, () => {
      const tooWeak = TEXTS.filter(([text, ground]) => contrast(colours[text], colours[ground]) < 4.5);
      assert.deepEqual(tooWeak, []);
    });

    it(`give buttons and focus 3 to 1 in the ${theme} theme`, () => {
      const marks = (["button", "link"] as const).flatMap((mark) => GROUNDS.map((ground) => [mark, ground] as const));
      assert.deepEqual(
        marks.filter(([mark, ground]) => contrast(colours[mark], colours[ground]) < 3),
        [],
      );
    });
  }

  it("are measured as WCAG measures", () => {
    assert.equal(contrast("#000000", "#ffffff"), 21);
    assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  });
});
