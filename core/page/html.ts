/**
 * The one way to make HTML here: a tagged template that escapes whatever is put into it, unless it came out of this template
 * itself. What an upstream or a policy says can therefore be nothing but text.
 */

/** Made by `html` alone: the class is not exported, and its text is not reachable to change. */
class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

export type { Markup };

/** Nothing is written for what is absent. */
export type Content = Markup | string | number | false | null | undefined | readonly Content[];

/**
 * Attribute values are always quoted: a value after a bare `=` throws, because there escaping would not be enough. Nothing
 * that is not a constant of this program may be put into `style`, `script` or a comment.
 */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  // A plain array would be somebody's data in the place of a literal.
  if (!Object.isFrozen(strings) || !Array.isArray(strings.raw)) throw new TypeError("html is a template tag");
  let text = "";
  for (const [index, literal] of strings.entries()) {
    text += literal;
    if (index === values.length) break;
    if (literal.endsWith("=")) throw new TypeError("an attribute's value is to be quoted");
    text += write(values[index]);
  }
  return new Markup(text);
}

function write(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (content instanceof Markup) return content.toString();
  if (typeof content === "object") return content.map(write).join("");
  return escapeText(String(content));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
