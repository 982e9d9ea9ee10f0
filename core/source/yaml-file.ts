/** YAML (or JSON) as its author wrote it: values together with where they stand. */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import { messageOf } from "../errors.ts";
import type { SchemaCheck, SchemaIssue } from "../schema.ts";
import { oneLine } from "../words.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { SourceFile } from "./files.ts";

type Path = readonly (string | number)[];

export class YamlFile {
  readonly path: string;
  readonly text: string;
  readonly value: unknown;
  /** What is wrong with the YAML itself; where there is anything, `value` is undefined. */
  readonly syntaxErrors: readonly Diagnostic[];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor({ path, text }: SourceFile) {
    this.path = path;
    this.text = text;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      schema: "core",
      uniqueKeys: true,
      prettyErrors: false,
    });
    // A warning is of a tag that says nothing here: the value behind it would be another than the one that was written.
    const errors = [...this.#document.errors, ...this.#document.warnings].map((error) =>
      this.#at("error", "yaml-syntax", this.#describe(error), error.pos[0], error.pos[1] - error.pos[0]),
    );
    try {
      if (errors.length === 0) this.value = this.#document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      // An alias of nothing, or aliases that multiply without end; the library does not say where.
      errors.push(this.#at("error", "yaml-syntax", oneLine(messageOf(error), 300), 0, 1));
    }
    this.syntaxErrors = errors;
  }

  /** The commonest of YAML's surprises is an expression that begins with `!`. */
  #describe({ code, message, pos: [from, to] }: YAMLError): string {
    if (code !== "TAG_RESOLVE_FAILED") return oneLine(message, 300);
    const tag = oneLine(this.text.slice(from, to), 60);
    return `YAML takes \`${tag}\` for a tag: put the whole value in quotes, as in "!has(release.license)"`;
  }

  /** Checks the value; the issues as diagnostics, none where it is a T. */
  check<T>(check: SchemaCheck<T>): Diagnostic[] {
    if (this.syntaxErrors.length > 0) return [...this.syntaxErrors];
    return check(this.value).map((issue) => this.#ofIssue(issue));
  }

  /** A diagnostic on the value at `path`, or on the nearest thing above it. `from` and `to` are offsets into a text value. */
  diagnostic(
    severity: Diagnostic["severity"],
    code: string,
    message: string,
    path: Path,
    from?: number,
    to?: number,
  ): Diagnostic {
    const node = this.#node(path);
    const [start, end] = node?.range ?? [0, 1];
    if (from !== undefined && isScalar(node) && typeof node.value === "string") {
      const offsets = this.#alignScalar(node.value, start, end, node.type ?? "");
      const first = offsets[from] ?? start;
      const last = offsets[Math.max(from, (to ?? from + 1) - 1)] ?? first;
      return this.#at(severity, code, message, first, last - first + 1);
    }
    return this.#at(severity, code, message, start, this.text.slice(start, end).split("\n", 1)[0]?.length ?? 1);
  }

  /** Line of the value at `path`, from 1. */
  lineOf(path: Path): number {
    return this.#lines.linePos(this.#node(path)?.range?.[0] ?? 0).line;
  }

  /** The last line of the value at `path`. */
  endLineOf(path: Path): number {
    const [start = 0, end = 1] = this.#node(path)?.range ?? [];
    // The value of a block ends behind its line feed, on the next line.
    const length = this.text.slice(start, end).trimEnd().length;
    return this.#lines.linePos(start + Math.max(0, length - 1)).line;
  }

  #node(path: Path): Node | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isNode(node)) return node;
    }
    return undefined;
  }

  #ofIssue({ path, onKey, message }: SchemaIssue): Diagnostic {
    const code = onKey === undefined ? "schema" : "unknown-key";
    const where = path.length > 0 ? `${path.map(String).join(".")}: ` : "";
    const parent = this.#node(path);
    if (onKey !== undefined && isMap(parent)) {
      const key = parent.items.find(({ key }) => isScalar(key) && key.value === onKey)?.key;
      if (isScalar(key) && key.range)
        return this.#at("error", code, message, key.range[0], key.range[1] - key.range[0]);
    }
    return this.diagnostic("error", code, `${where}${message}`, path);
  }

  /**
   * For each unit of a scalar's value, its offset in the file. White space in the value stands for any white space in
   * the file (folding, indentation), an escape of a double-quoted scalar for one character; quotes are stepped over.
   */
  #alignScalar(value: string, start: number, end: number, type: string): number[] {
    let at = type.startsWith("BLOCK") ? this.text.indexOf("\n", start) + 1 : start + (type.startsWith("QUOTE") ? 1 : 0);
    const offsets: number[] = [];
    for (const char of value) {
      const sequence =
        type === "QUOTE_DOUBLE" ? /^\\(?:x..|u.{4}|U.{8}|[^\r\n])/.exec(this.text.slice(at, at + 10))?.[0] : undefined;
      if (sequence === undefined) at = this.#find(char, at, end);
      for (let unit = 0; unit < char.length; unit++) offsets.push(at + (sequence === undefined ? unit : 0));
      at += sequence?.length ?? char.length;
      if (sequence === undefined && isSpace(char))
        while (at < end && isSpace(this.text[at]) && this.text[at] !== char) at++;
    }
    return offsets;
  }

  /** The next place of a character; white space is found in any white space. Where it is not found, nothing moves. */
  #find(char: string, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      if (this.text.startsWith(char, at) || (isSpace(char) && isSpace(this.text[at]))) return at;
    }
    return Math.min(from, end - 1);
  }

  #at(severity: Diagnostic["severity"], code: string, message: string, offset: number, length: number): Diagnostic {
    const { line, col } = this.#lines.linePos(offset);
    const source = (this.text.split("\n", line)[line - 1] ?? "").replace(/\r$/, "");
    return {
      file: this.path,
      line: Math.max(1, line),
      column: Math.max(1, col),
      length: Math.max(1, length),
      severity,
      code,
      message,
      source,
    };
  }
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /\s/.test(char);
}
