import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CvssScore, scoreOf } from "../../../core/advisories/cvss.ts";

const V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
const V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const V30 = "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";
const V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P";

const score = (...vectors: string[]) => scoreOf(vectors.map((vector) => ({ type: "", score: vector })));

const SCORES: readonly [what: string, vector: string, expected: CvssScore][] = [
  ["4.0", V4, { score: 9.3, severity: "critical" }],
  ["4.0 without what depends on time", `${V4}/E:U`, { score: 9.3, severity: "critical" }],
  ["4.0 without what depends on place", `${V4}/MAV:P/CR:L`, { score: 9.3, severity: "critical" }],
  ["3.1", V31, { score: 9.8, severity: "critical" }],
  ["3.1 without what depends on time", `${V31}/E:U/RL:O/RC:U`, { score: 9.8, severity: "critical" }],
  ["3.1 in another order", "CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", { score: 9.8, severity: "critical" }],
  ["3.1 of local access", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", { score: 7.8, severity: "high" }],
  ["3.1 of little weight", "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", { score: 1.6, severity: "low" }],
  ["3.1 of no weight", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", { score: 0, severity: "none" }],
  ["3.0", V30, { score: 6.1, severity: "medium" }],
  ["2", V2, { score: 7.5, severity: "high" }],
  ["2 in brackets", `(${V2})`, { score: 7.5, severity: "high" }],
  ["2 with what depends on time", `${V2}/E:U/RL:OF/RC:C`, { score: 7.5, severity: "high" }],
];

const BROKEN: readonly [what: string, vector: string][] = [
  ["nothing", ""],
  ["a number", "9.8"],
  ["a word", "HIGH"],
  ["a version to come", V31.replace("3.1", "5.0")],
  ["a vector of 2 that claims to be 3.1", `CVSS:3.1/${V2}`],
  ["lower case", V31.toLowerCase()],
  ["a 3.1 metric missing", V31.replace("/A:H", "")],
  ["a 4.0 metric missing", V4.replace("/SA:N", "")],
  ["only the first metric of 4.0", "CVSS:4.0/AV:N"],
  ["a metric twice", `${V31}/A:N`],
  ["a value that does not exist", V31.replace("AV:N", "AV:Q")],
  ["a metric that does not exist", `${V31}/ZZ:1`],
  ["a metric without a value", V31.replace("A:H", "A")],
  ["a property of Object as a metric", `${V31}/constructor:H`],
  ["text before it", ` ${V31}`],
  ["more than 512 characters", `${V31}/${"E:X".repeat(200)}`],
];

describe("scoreOf()", () => {
  for (const [what, vector, expected] of SCORES) {
    it(`scores a vector of version ${what}`, () => assert.deepEqual(score(vector), expected));
  }

  for (const [what, vector] of BROKEN) {
    it(`is undefined for ${what}`, () => assert.equal(score(vector), undefined));
  }

  it("prefers the newest version, in whatever order", () => {
    assert.equal(score(V2, V30, V31, V4)?.score, 9.3);
    assert.equal(score(V31, V30, V2)?.score, 9.8);
    assert.equal(score(V2, V30)?.score, 6.1);
  });

  it("falls back to an older version when the newest vector is broken", () => {
    assert.equal(score("CVSS:4.0/AV:N", V31)?.score, 9.8);
  });

  it("is undefined for no vectors", () => assert.equal(scoreOf([]), undefined));
});
