/** Where rules come from: the repository, the commit, and who last changed each of them. */
import { isObject, ownString } from "../json.ts";

/** The last change of a rule. */
export interface RuleChange {
  readonly commit: string;
  readonly author: string;
  /** RFC 3339, UTC. */
  readonly date: string;
}

/** What git tells of the policy files. Told by whoever signs the bundle, as the rules are. */
export interface RuleHistory {
  /** Where the policy repository lies in its git repository, with a slash at the end; empty at its top. */
  readonly folder: string;
  /** By file, then by the line at which a rule begins. Not there for a rule that is not committed. */
  readonly changes: Readonly<Record<string, Readonly<Record<string, RuleChange>>>>;
}

export interface RuleOrigins {
  readonly repository: string | null;
  /** The commit that the rules were read at. */
  readonly commit: string | null;
  readonly history: RuleHistory | undefined;
}

/** The last change of the rule at a line; undefined where it is not known. */
export function changeOf(
  { history }: Pick<RuleOrigins, "history">,
  file: string,
  line: number,
): RuleChange | undefined {
  const changes = history && Object.hasOwn(history.changes, file) ? history.changes[file] : undefined;
  return changes && Object.hasOwn(changes, line) ? changes[line] : undefined;
}

export function isRuleHistory(value: unknown): value is RuleHistory {
  if (!isObject(value) || ownString(value, "folder") === undefined || !isObject(value["changes"])) return false;
  const isChange = (change: unknown) =>
    ["commit", "author", "date"].every((field) => ownString(change, field) !== undefined);
  return Object.values(value["changes"]).every((rules) => isObject(rules) && Object.values(rules).every(isChange));
}
