/** What the published schema of SARIF 2.1.0 says of a log; nothing where all is well. */
import { Ajv } from "ajv";
import schema from "./sarif-schema.json" with { type: "json" };

const check = new Ajv({
  ...{ strict: false, allErrors: true, validateFormats: false },
  unicodeRegExp: false, // one of its patterns is none by the stricter rules
}).compile(schema);

export function sarifProblems(log: unknown): string[] {
  if (check(log)) return [];
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}
