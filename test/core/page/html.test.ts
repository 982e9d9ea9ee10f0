import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Content, html } from "../../../core/page/html.ts";

const HOSTILE = `<script>alert("1")</script>'&`;

describe("html", () => {
  it("escapes text in elements and in quoted attributes", () => {
    assert.equal(
      html`<p title="${HOSTILE}">${HOSTILE}</p>`.toString(),
      `<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</p>`,
    );
  });

  it("takes over what it made itself, alone or in lists, once", () => {
    const item = (text: string) => html`<li>${text}</li>`;
    assert.equal(html`<ul>${["a", "<b>"].map(item)}</ul>`.toString(), "<ul><li>a</li><li>&lt;b&gt;</li></ul>");
  });

  it("writes nothing for what is absent, and zero as zero", () => {
    assert.equal(html`[${null}${undefined}${false}${[]}${""}${0}]`.toString(), "[0]");
  });

  it("does not take something else for what it made", () => {
    const forged = { toString: () => "<b>" } as unknown as Content;
    assert.throws(() => html`${forged}`);
    assert.throws(() => html(["<b>"] as unknown as TemplateStringsArray));
    assert.throws(() => html(Object.assign(["<b>"], { raw: ["<b>"] }) as unknown as TemplateStringsArray));
  });

  it("refuses an attribute whose value is not quoted", () => {
    assert.throws(() => html`<a href=${"x onclick=alert(1)"}>`, /quoted/);
  });
});
