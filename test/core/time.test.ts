import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatInstant, parseDuration, parseInstant } from "../../core/time.ts";

describe("parseInstant()", () => {
  for (const [text, expected] of [
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31t12:00:00z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500Z"],
    ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123Z"],
    ["2026-01-31T12:00:00.999999999Z", "2026-01-31T12:00:00.999Z"],
    ["2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"],
    ["2026-01-01T00:30:00+23:59", "2025-12-31T00:31:00.000Z"],
    ["2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseInstant(text)?.toISOString(), expected));
  }

  for (const [what, text] of [
    ["nothing", ""],
    ["a date alone", "2026-01-31"],
    ["no time zone", "2026-01-31T12:00:00"],
    ["a space for the T", "2026-01-31 12:00:00Z"],
    ["30 February", "2026-02-30T00:00:00Z"],
    ["29 February of a common year", "2023-02-29T00:00:00Z"],
    ["29 February of 1900", "1900-02-29T00:00:00Z"],
    ["month 13", "2026-13-01T00:00:00Z"],
    ["day 0", "2026-01-00T00:00:00Z"],
    ["24 o'clock", "2026-01-31T24:00:00Z"],
    ["a leap second", "2016-12-31T23:59:60Z"],
    ["an offset of 24 hours", "2026-01-31T12:00:00+24:00"],
    ["an offset without a colon", "2026-01-31T12:00:00+0200"],
    ["ten digits of a second", "2026-01-31T12:00:00.1234567890Z"],
    ["the year 0", "0000-01-01T00:00:00Z"],
    ["an offset into the year 0", "0001-01-01T00:00:00+00:01"],
    ["an offset into the year 10000", "9999-12-31T23:59:59-00:01"],
    ["text after it", "2026-01-31T12:00:00Z\n"],
  ] as const) {
    it(`gives undefined for ${what}`, () => assert.equal(parseInstant(text), undefined));
  }
});

describe("parseDuration()", () => {
  for (const [text, expected] of [
    ["72h", 259_200_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["2.s", 2000],
    ["1m500ms", 60_500],
    ["1500us", 1.5],
    ["2000\u00b5s", 2],
    ["2000\u03bcs", 2],
    ["1000000ns", 1],
    ["-1m", -60_000],
    ["+2s", 2000],
    ["0s", 0],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), expected));
  }

  for (const text of [
    "",
    "1",
    "h",
    "-",
    "1d",
    "1 h",
    "1h 30m",
    "1h-30m",
    "1e3s",
    "0x1s",
    ".h",
    "1h\n",
    `${"1".repeat(64)}s`,
  ]) {
    it(`gives undefined for ${JSON.stringify(text.slice(0, 20))}`, () => assert.equal(parseDuration(text), undefined));
  }
});

describe("formatInstant()", () => {
  it("leaves out a fraction of zero", () => {
    assert.equal(formatInstant(new Date("2026-01-31T14:00:00+02:00")), "2026-01-31T12:00:00Z");
  });

  it("keeps milliseconds", () => {
    assert.equal(formatInstant(new Date("2026-01-31T12:00:00.120Z")), "2026-01-31T12:00:00.120Z");
  });
});
