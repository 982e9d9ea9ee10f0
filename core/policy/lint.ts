/** What is suspicious in a repository although it compiles, or depends on the day: what `policy lint` adds. */
import type { Approval as ApprovalFile } from "../../schemas/types/approval.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { suggest } from "../words.ts";
import { findPlaceholders } from "./approvals.ts";
import type { PolicySet } from "./compile.ts";
import type { PolicySource } from "./source.ts";

export interface LintOptions {
  readonly now: Date;
  /** The longest that an approval may last. */
  readonly maxApprovalDays: number;
}

const DAY_MS = 86_400_000;

/** Checks a set that compiled without errors. */
export function lintPolicies(set: PolicySet, source: PolicySource, options: LintOptions): Diagnostic[] {
  const files = new Map(source.approvals.map((file) => [file.path, file]));
  const approvals = [...set.approvals.values()].flat().flatMap(({ path }) => files.get(path) ?? []);
  return [...unreadLists(set, source), ...approvals.flatMap((file) => lintApproval(file, set, options))];
}

/** A list that no rule reads protects nobody, whatever stands in it. */
function unreadLists({ lists, reads }: PolicySet, source: PolicySource): Diagnostic[] {
  if (reads.has("lists")) return [];
  return source.lists.flatMap((source) => {
    const file = new YamlFile(source);
    const name = (file.value as { metadata?: { name?: string } } | undefined)?.metadata?.name ?? "";
    if (!lists.names.includes(name) || reads.has(`lists.${name}`)) return [];
    return [file.diagnostic("warning", "unread-list", `no rule reads the list \`${name}\``, ["metadata", "name"])];
  });
}

function lintApproval(
  source: SourceFile,
  { policies }: PolicySet,
  { now, maxApprovalDays }: LintOptions,
): Diagnostic[] {
  const file = new YamlFile(source);
  const { spec } = file.value as ApprovalFile;
  const names = policies.map(({ name }) => name);
  const found = (spec.policies ?? []).flatMap((name, index) =>
    names.includes(name)
      ? []
      : [
          file.diagnostic("error", "unknown-policy", `no policy is named \`${name}\`${suggest(name, names)}`, [
            "spec",
            "policies",
            index,
          ]),
        ],
  );
  found.push(...findPlaceholders(file));
  const [created, expires] = [Date.parse(spec.created), Date.parse(spec.expires)];
  if (expires <= created)
    found.push(file.diagnostic("error", "approval-time", "the approval ends before it begins", ["spec", "expires"]));
  else if (expires - created > maxApprovalDays * DAY_MS) {
    const message = `the approval lasts longer than the ${maxApprovalDays} days that cordon.yaml allows (approvals.maxDays)`;
    found.push(file.diagnostic("error", "approval-time", message, ["spec", "expires"]));
  }
  if (expires <= now.getTime())
    found.push(
      file.diagnostic("warning", "approval-expired", "the approval has expired and lifts nothing any more", [
        "spec",
        "expires",
      ]),
    );
  return found;
}
