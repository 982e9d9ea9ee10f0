/** The list of all projects (PEP 503 and 691), which tells names and nothing else. */
import { Parser } from "htmlparser2";
import { CordonError } from "../../errors.ts";
import { countValues, MAX_VALUES, own, ownString } from "../../json.ts";
import { isPackageName, normalizeName } from "../../purl.ts";
import type { Form } from "../ecosystem.ts";
import { API_VERSION, CONTENT_TYPES } from "./forms.ts";

/** Normalised, each once, in order. Throws UPSTREAM_MALFORMED. */
export function parseNames(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString("utf8");
  const written = /^\s{0,100}\{/.test(text) ? fromJson(text, bytes) : fromHtml(text);
  const names = written.map((name) => normalizeName("pypi", name)).filter((name) => isPackageName("pypi", name));
  return [...new Set(names)].sort();
}

function fromJson(text: string, bytes: Uint8Array): string[] {
  if (countValues(bytes) > MAX_VALUES) throw malformed("it has more values than are read");
  try {
    const projects = own(JSON.parse(text), "projects");
    if (Array.isArray(projects)) return projects.flatMap((project) => ownString(project, "name") ?? []);
  } catch (cause) {
    throw malformed("it is not JSON", cause);
  }
  throw malformed("it has no `projects`");
}

/** What the link is called, as its address ends with it. */
function fromHtml(text: string): string[] {
  const names: string[] = [];
  const parser = new Parser({
    onopentag(tag, { href = "" }) {
      const [, name] = /([^/?#]+)\/?(?:[?#].*)?$/.exec(href) ?? [];
      if (tag === "a" && name !== undefined) names.push(name);
    },
  });
  parser.end(text);
  if (names.length === 0) throw malformed("it names none");
  return names;
}

function malformed(why: string, cause?: unknown): CordonError {
  return new CordonError("UPSTREAM_MALFORMED", `the upstream's list of projects cannot be read: ${why}`, { cause });
}

export function renderNames(names: readonly string[], form: Form): { contentType: string; body: string } {
  const contentType = CONTENT_TYPES.get(form) ?? "";
  if (form === "json") {
    const projects = names.map((name) => ({ name }));
    return { contentType, body: JSON.stringify({ meta: { "api-version": API_VERSION }, projects }) };
  }
  const links = names.map((name) => `    <a href="${name}/">${name}</a><br>`);
  const head = `  <head>\n    <meta name="pypi:repository-version" content="${API_VERSION}">\n    <title>Projects</title>\n  </head>`;
  return { contentType, body: `<!DOCTYPE html>\n<html>\n${head}\n  <body>\n${links.join("\n")}\n  </body>\n</html>\n` };
}
