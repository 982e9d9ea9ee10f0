import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { codeBlock, codeLink, inlineCode, strangersLink } from "../../cli/markdown.ts";
import { HOSTILE_TEXTS, nodesOf, wordsOf } from "../support/markdown.ts";

const NOT_SEEN = /[^\P{C}\n\t]/u;

const typesIn = (markdown: string) => nodesOf(markdown).map(({ type }) => type);

describe("inlineCode()", () => {
  for (const [what, text] of Object.entries(HOSTILE_TEXTS))
    it(`is one code span for ${what}, also in a list and within words`, () => {
      const code = inlineCode(text);
      assert.deepEqual(typesIn(code), ["root", "paragraph", "inlineCode"]);
      assert.deepEqual(typesIn(`- ${code}`), ["root", "list", "listItem", "paragraph", "inlineCode"]);
      assert.equal(wordsOf(`a ${code}: b ${code}`).includes("EVIL"), false);
      assert.ok(nodesOf(code).at(-1)?.value?.includes("EVIL"));
      assert.doesNotMatch(code, NOT_SEEN);
      assert.doesNotMatch(code, /\n/);
      assert.ok(code.length <= 3 * 300 + 4, `${code.length}`);
    });

  for (const [what, text, shown] of [
    ["a word", "minimist", "minimist"],
    ["spaces inside", "a  b", "a  b"],
    ["a backtick", "a`b", "a`b"],
    ["backticks at the ends", "``a``", "``a``"],
    ["other scripts", "прывітанне 你好 مرحبا", "прывітанне 你好 مرحبا"],
    ["an emoji with its selector", "❤️", "❤️"],
    ["a joiner, which nobody sees", "a\u200db", "a⟨U+200D⟩b"],
    ["selectors in which something is hidden", "a\ufe01\u{e0102}", "a⟨U+FE01⟩⟨U+E0102⟩"],
    ["more than fits", "x".repeat(400), `${"x".repeat(299)}…`],
  ] as const)
    it(`shows ${what}`, () => assert.equal(nodesOf(inlineCode(text)).at(-1)?.value, shown));

  it("says that there is nothing", () => assert.equal(inlineCode(" \n "), "(empty)"));
});

describe("codeBlock()", () => {
  for (const [what, text] of Object.entries(HOSTILE_TEXTS))
    it(`is one code block for ${what}`, () => {
      const block = codeBlock(text, "sh", 4000);
      const [root, code, ...rest] = nodesOf(`${block}\n\nafter`);
      assert.deepEqual([root?.type, code?.type, code?.lang], ["root", "code", "sh"]);
      assert.ok(rest.every(({ type }) => type === "paragraph" || type === "text"));
      assert.ok(!rest.some(({ value }) => value?.includes("EVIL")));
      assert.doesNotMatch(block, NOT_SEEN);
      assert.doesNotMatch(block, /^\/[a-z]/im, "GitLab would take it for a command");
      assert.ok(block.length <= 3 * 4000 + 100, `${block.length}`);
    });

  it("keeps lines, indentation and paths as they are", () => {
    const script = "#!/bin/sh\n\n  if [ -f /etc/passwd ]; then\n\tcat x\n  fi";
    assert.equal(nodesOf(codeBlock(script, "sh")).at(-1)?.value, script);
  });

  it("says of how much it shows the beginning", () =>
    assert.match(codeBlock("a".repeat(9001), ""), /^\(That is the beginning of 9001 characters\.\)$/m));
});

describe("codeLink()", () => {
  it("links to an address of the web", () => {
    const [, , link, code] = nodesOf(codeLink("https://forge.example/a(b)?c=[d]&e=f", "policies/a.yaml:1"));
    assert.deepEqual(
      [link?.type, link?.url, code?.value],
      ["link", "https://forge.example/a(b)?c=[d]&e=f", "policies/a.yaml:1"],
    );
  });

  for (const [what, text] of Object.entries(HOSTILE_TEXTS))
    it(`shows the text alone, or one link to where it says, for ${what}`, () => {
      const nodes = nodesOf(codeLink(text, text));
      const links = nodes.filter(({ type }) => type === "link");
      assert.ok(links.every(({ url = "" }) => url.startsWith("https://evil.example/")) && links.length <= 1);
      assert.ok(
        nodes.every(({ type }) => ["root", "paragraph", "link", "inlineCode"].includes(type)),
        JSON.stringify(nodes),
      );
    });

  for (const address of [
    null,
    undefined,
    "",
    "javascript:alert(1)",
    "data:text/html,x",
    "//x",
    "https://a:b@c.example/",
  ])
    it(`does not link to ${address}`, () => assert.equal(codeLink(address, "x"), "`x`"));
});

describe("strangersLink()", () => {
  for (const path of ["issues/1", "pull/7", "-/merge_requests/3", "discussions/4", "commit/abc"])
    it(`tells an address of ${path} as text, so that nobody is told of this request there`, () => {
      const types = typesIn(strangersLink(`https://forge.example/acme/ui/${path}`, "GHSA-1"));
      assert.deepEqual(types, ["root", "paragraph", "inlineCode", "text", "inlineCode", "text"]);
    });

  it("links to others", () =>
    assert.ok(typesIn(strangersLink("https://advisories.example/GHSA-1", "GHSA-1")).includes("link")));
});
