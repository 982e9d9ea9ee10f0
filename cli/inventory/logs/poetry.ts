/** What Poetry and PDM print. */
import { fromElsewhere, type ReadLogLine, release } from "./mention.ts";

const NAME = "[A-Za-z0-9](?:[\\w.-]{0,213}[A-Za-z0-9])?";
const VERSION = "\\d[\\w.!+-]{0,127}";

/** `- Installing name (1.0)`, `• Updating name (1.0 -> 2.0)`, `- Installing name (1.0 0123abc)` from git; then what becomes of it. */
const POETRY = new RegExp(
  `^\\s{0,8}[-•*] (?:Installing|Updating|Downgrading|Reinstalling) (${NAME}) \\((?:${VERSION}(?: [^()\\s]{1,2000})? -> )?(${VERSION})(?: ([^()]{1,2000}))?\\)(: .{0,2000})?$`,
);
/** `✔ Install name 1.0 successful`, `✔ Update name 1.0 -> 2.0 successful`. */
const PDM = new RegExp(
  `^\\s{0,8}[✔✖√⠋-⠿] (?:Install|Update) (${NAME}) (?:${VERSION} -> )?(${VERSION})(?: (?:successful|failed))?$`,
);

export const readPoetryLine: ReadLogLine = (line) => {
  const [, name = "", version, source, state = ""] = POETRY.exec(line) ?? [];
  if (version !== undefined) {
    if (/Skipped for the following reason: Not/.test(state)) return [];
    return source === undefined ? release("pypi", name, version) : fromElsewhere(name, source);
  }
  const pdm = PDM.exec(line);
  return pdm ? release("pypi", pdm[1], pdm[2]) : [];
};
