/** The forms of a page, and which of them a client wants. */
import { parseAccept } from "../../accept.ts";
import type { Form } from "../ecosystem.ts";

const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
const HTML_TYPE = "application/vnd.pypi.simple.v1+html";
/** With PEP 700 (versions, sizes, times), 740 (provenance) and 792 (status of the project). */
export const API_VERSION = "1.4";
/** From the next one on, each file must have a size (PEP 700), which a page in HTML does not tell. */
export const SIZELESS_API_VERSION = "1.0";

/** By form. */
export const CONTENT_TYPES: ReadonlyMap<Form, string> = new Map([
  ["json", JSON_TYPE],
  ["html v1", HTML_TYPE],
  ["html", "text/html; charset=utf-8"],
]);

/** The first of the forms that the client takes best (PEP 691, "Version + Format Selection"); HTML where it does not say. */
export function formOf({ accept }: { accept: string | undefined }): Form {
  const ranges = parseAccept(accept);
  const quality = (type: string) => ranges.find((range) => range.type === type)?.quality ?? 0;
  const wanted: readonly (readonly [form: Form, quality: number])[] = [
    ["json", Math.max(quality(JSON_TYPE), quality("application/vnd.pypi.simple.latest+json"))],
    ["html v1", Math.max(quality(HTML_TYPE), quality("application/vnd.pypi.simple.latest+html"))],
    ["html", quality("text/html")],
  ];
  const [best] = [...wanted].sort(([, a], [, b]) => b - a);
  return best && best[1] > 0 ? best[0] : "html";
}
