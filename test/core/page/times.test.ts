import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { html } from "../../../core/page/html.ts";
import { reasonText, spanText, timeOf } from "../../../core/page/times.ts";

const HOUR = 3_600_000;

describe("times", () => {
  it("are written in UTC, for people and for programs", () => {
    assert.equal(
      String(html`${timeOf("2026-11-23T18:40:00+02:00")}`),
      '<time datetime="2026-11-23T16:40:00Z">23 November 2026, 16:40 UTC</time>',
    );
    assert.equal(String(html`${timeOf("<b>")}`), "&lt;b&gt;");
  });

  it("tell spans in their two largest units", () => {
    const spans = {
      "1 day 4 hours": 28 * HOUR,
      "2 hours": 2 * HOUR,
      "1 day": 24 * HOUR + 60_000,
      "less than a minute": 5,
    };
    for (const [text, span] of Object.entries(spans)) assert.equal(spanText(span), text);
  });

  it("are found in a rule's reason", () => {
    assert.equal(
      reasonText("At 2026-11-20T16:40:00Z, <72h> ago", 100).toString(),
      '<bdi>At <time datetime="2026-11-20T16:40:00Z">20 November 2026, 16:40 UTC</time>, &lt;72h&gt; ago</bdi>',
    );
  });
});
