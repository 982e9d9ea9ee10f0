import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { html } from "../../../core/page/html.ts";
import { claimedAddress, outside, prose, said, saidLines, webAddress } from "../../../core/page/said.ts";

const MEGABYTE = 1_048_576;

describe("said", () => {
  it("drops what turns the direction of writing, and what terminals act on", () => {
    assert.equal(said("a\u202eb\u001b[31mc\u2066d").toString(), "<bdi>a b [31mc d</bdi>");
  });

  it("cuts, and says how much is left out", () => {
    const text = said("x".repeat(MEGABYTE), 50).toString();
    assert.equal(text, `<bdi>${"x".repeat(49)}…</bdi> <span class="omitted">(1,048,526 more characters)</span>`);
  });

  it("does not let marks pile up on a letter", () => {
    assert.equal(said(`e${"\u0301".repeat(500)}`, 1000).toString(), `<bdi>e${"\u0301".repeat(3)}</bdi>`);
  });
});

describe("saidLines", () => {
  it("keeps lines and tabs, and shows what nobody would see", () => {
    assert.equal(
      saidLines("a\n\tb\u202e\u200b\u0007").toString(),
      `<bdi>a\n\tb<mark class="hidden-character">U+202E</mark><mark class="hidden-character">U+200B</mark><mark class="hidden-character">U+0007</mark></bdi>`,
    );
  });

  it("shows half of a pair, and a carriage return that would hide what stands before it", () => {
    assert.match(saidLines("a\ud800b").toString(), /U\+D800/);
    assert.match(saidLines("rm -rf ~\rnode build.js").toString(), /U\+000D/);
    assert.equal(saidLines("a\r\nb").toString(), "<bdi>a\nb</bdi>");
  });

  it("cuts", () => {
    assert.match(saidLines("y".repeat(MEGABYTE)).toString(), /^<bdi>y{4000}<\/bdi> .*1,044,576 more characters/);
  });
});

describe("prose", () => {
  it("shows what stands between backticks as code, as text all the same", () => {
    assert.equal(prose("say `<b>` now").toString(), "<bdi>say <code>&lt;b&gt;</code> now</bdi>");
    assert.equal(prose("one ` alone").toString(), "<bdi>one ` alone</bdi>");
  });
});

describe("webAddress", () => {
  const refused = {
    "a script": "javascript:alert(1)",
    "a script with a break in its scheme": "java\nscript:alert(1)",
    "a script in capitals": " JavaScript:alert(1)",
    data: "data:text/html,<script>alert(1)</script>",
    "a file": "file:///etc/passwd",
    "no address": "see the readme",
    "an address of this page": "/-/status",
    "one without a scheme": "//evil.example/",
    "one that hides its host behind a name": "https://registry.example@evil.example/",
    "one that is too long": `https://a.example/${"x".repeat(8000)}`,
  };
  for (const [name, text] of Object.entries(refused))
    it(`is none for ${name}`, () => assert.equal(webAddress(text), undefined));

  it("links with the host beside it, and without a way back", () => {
    assert.equal(
      String(html`${outside('https://a.example/"><b>', "here")}`),
      '<a href="https://a.example/%22%3E%3Cb%3E" rel="noopener noreferrer nofollow">here</a> <span class="host">a.example</span>',
    );
    assert.equal(String(html`${outside("javascript:alert(1)", "here")}`), "here");
  });

  it("shows a claimed address that cannot be a link as text", () => {
    assert.equal(String(html`${claimedAddress("javascript:alert(1)")}`), "<bdi>javascript:alert(1)</bdi>");
    assert.match(String(html`${claimedAddress("git+https://forge.example/a/b.git")}`), />forge\.example\/a\/b</);
  });
});
