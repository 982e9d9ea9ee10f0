/** Markdown as a forge reads it: CommonMark with GitHub's extensions, parsed by micromark. */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

export interface MarkdownNode {
  readonly type: string;
  /** Of text and code. */
  readonly value?: string;
  /** Of links and images. */
  readonly url?: string;
  readonly title?: string | null;
  /** Of code blocks. */
  readonly lang?: string | null;
  readonly children?: readonly MarkdownNode[];
}

/** Every node of a document, parents first. */
export function nodesOf(markdown: string): MarkdownNode[] {
  const flatten = (node: MarkdownNode): MarkdownNode[] => [node, ...(node.children ?? []).flatMap(flatten)];
  return flatten(fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }) as MarkdownNode);
}

/** What stands in a document besides code. */
export function wordsOf(markdown: string): string {
  const words = nodesOf(markdown).flatMap(({ type, value, url, title }) =>
    type === "inlineCode" || type === "code" ? [] : [value, url, title],
  );
  return words.filter((word) => typeof word === "string").join("\n");
}

const RIGHT_TO_LEFT = "\u202egnp.exe\u2066\u200f";
const TERMINAL = "\u001b[2J\u001b]8;;https://evil.example/\u0007click\u001b[0m\u0000\u009b31m";
const TAGS = [..."run me"].map((letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join("");

/** What somebody may write into the metadata of a package, by what it is after. Each has the word EVIL. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  "an image": "![EVIL](https://evil.example/x.png)",
  "a link": "[EVIL](https://evil.example/)",
  "an autolink": "<https://evil.example/EVIL> https://evil.example/EVIL www.evil.example/EVIL evil@evil.example",
  HTML: "<img src=x onerror=EVIL><script>EVIL</script><details open>EVIL<!-- EVIL",
  "mentions of people": "@EVIL @acme/security cc @octocat EVIL",
  "references and closing keywords":
    "closes #1, fixes GH-1, resolves acme/policies#1, acme/policies@abc1234, !1 %1 ~1 EVIL",
  "a heading": "# EVIL\n\nEVIL\n====",
  "a checked task": "- [x] EVIL\n- [ ] EVIL",
  "a table": "| EVIL |\n| --- |\n| EVIL |",
  "a quote": "> EVIL\n>>> EVIL",
  "a reference": "[EVIL]: https://evil.example/\n\n[EVIL]\n\n[^1]: EVIL",
  "backticks at both ends": "`EVIL`",
  "many backticks": "EVIL ` `` ``` ```` ````` EVIL ``",
  "only backticks around": "``````EVIL``````",
  "the end of a code block": "EVIL\n```\n\n# EVIL\n\n```sh\n",
  "the end of a longer code block": "EVIL\n````\n@EVIL\n~~~\n@EVIL",
  "commands of a forge or bot": "EVIL\n```\n/close\n/approve EVIL\n/lgtm\n\r/merge\n````",
  backslashes: "EVIL\\`\\\\`[EVIL](\\",
  entities: "&lt;b&gt;EVIL &#64;EVIL &commat;EVIL",
  emphasis: "**EVIL** _EVIL_ ~~EVIL~~ :bomb: $EVIL$ $`EVIL`$",
  "writing from right to left": `EVIL ${RIGHT_TO_LEFT} EVIL`,
  "a terminal's sequences": `EVIL ${TERMINAL} EVIL`,
  "characters without width": "E\u200bVIL EVIL \u00ad\u2060\ufeff\u3164 EVIL",
  "characters that are not seen": `EVIL ${TAGS}\ufe00\ufe01\u{e0100}\u{e01ef} EVIL`,
  "halves of pairs": "EVIL \ud83d EVIL \ude00",
  "a megabyte": "EVIL ".repeat(210_000),
  "a megabyte of backticks": `EVIL${"`".repeat(1_048_576)}`,
  "a megabyte that is not seen": `EVIL${"\u200b".repeat(1_048_576)}`,
  "a megabyte of lines": "/EVIL\n".repeat(175_000),
  "a link that runs something": "javascript:EVIL",
  "a link into an issue": "https://evil.example/acme/policies/issues/1#EVIL",
  "a link with a way out": "https://evil.example/EVIL>)[EVIL](https://evil.example/)",
  spaces: "  EVIL  ",
};
