/** Version specifiers of Python packages (PEP 440, "Version specifiers"), answered as packaging 26 does. */
import { comparePep440, comparePublic, isPep440Prerelease, type Pep440, parsePep440 } from "./pep440.ts";

/** One clause; all of a specifier's hold. `===` is of the text, and its version need be none. */
type Clause =
  | { readonly operator: "==="; readonly text: string }
  | { readonly operator: Operator; readonly version: Pep440; readonly isPrefix: boolean };

type Operator = "==" | "!=" | "~=" | "<=" | ">=" | "<" | ">";

const MAX_LENGTH = 4096;

/** Undefined for what is none. Empty clauses, as a comma at the end makes one, are passed over. */
export function parseSpecifiers(text: string): readonly Clause[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const written = text.split(",").filter((clause) => clause.trim() !== "");
  const clauses = written.map(parseClause);
  return clauses.every((clause) => clause !== undefined) ? clauses : undefined;
}

function parseClause(text: string): Clause | undefined {
  const [, operator = "", rest = ""] = /^(===|[~=!<>]=|[<>])\s*(.*)$/s.exec(text.trim()) ?? [];
  if (operator === "===") return /^[^\s;)]+$/.test(rest) ? { operator, text: rest.toLowerCase() } : undefined;
  const isPrefix = rest.endsWith(".*");
  const version = parsePep440(isPrefix ? rest.slice(0, -2) : rest);
  if (operator === "" || !version) return undefined;
  const isMatch = operator === "==" || operator === "!=";
  if (isPrefix && !(isMatch && isReleaseAlone(version))) return undefined;
  if (version.local.length > 0 && !isMatch) return undefined;
  if (operator === "~=" && version.release.length < 2) return undefined;
  return { operator: operator as Operator, version, isPrefix };
}

function isReleaseAlone({ pre, post, dev, local }: Pep440): boolean {
  return pre === undefined && post === undefined && dev === undefined && local.length === 0;
}

/** Pre-releases count, for what is asked is where a release lies. `written` is the version as text, for `===`. */
export function satisfiesSpecifiers(version: Pep440, written: string, clauses: readonly Clause[]): boolean {
  return clauses.every((clause) =>
    clause.operator === "===" ? written.trim().toLowerCase() === clause.text : satisfies(version, clause),
  );
}

function satisfies(found: Pep440, { operator, version, isPrefix }: Exclude<Clause, { operator: "===" }>): boolean {
  const isSame = (): boolean => {
    if (isPrefix) return hasPrefix(found, version.epoch, version.release);
    return (version.local.length > 0 ? comparePep440 : comparePublic)(found, version) === 0;
  };
  switch (operator) {
    case "==":
      return isSame();
    case "!=":
      return !isSame();
    case "<=":
      return comparePublic(found, version) <= 0;
    case ">=":
      return comparePublic(found, version) >= 0;
    case "~=":
      return comparePublic(found, version) >= 0 && hasPrefix(found, version.epoch, version.release.slice(0, -1));
    case "<":
      // "MUST NOT allow a pre-release of the specified version unless the specified version is itself a pre-release"
      return comparePublic(found, isPep440Prerelease(version) ? version : { ...version, dev: 0 }) < 0;
    default:
      return comparePublic(found, version) > 0 && !isPostReleaseOf(found, version);
  }
}

/** `>` "MUST NOT allow a post-release of the given version unless V itself is a post release". */
function isPostReleaseOf(found: Pep440, version: Pep440): boolean {
  if (found.post === undefined || version.post !== undefined || version.dev !== undefined) return false;
  return comparePublic({ ...found, post: undefined, dev: undefined }, version) === 0;
}

/** Whether the release segment begins with the parts, padded with zeros. */
function hasPrefix(found: Pep440, epoch: Pep440["epoch"], parts: Pep440["release"]): boolean {
  return found.epoch === epoch && parts.every((part, index) => part === (found.release[index] ?? 0));
}
