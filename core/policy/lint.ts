/** What is suspicious in a repository although it compiles, or depends on the day: what `policy lint` adds. */
import type { Approval as ApprovalFile } from "../../schemas/types/approval.ts";
import { parseReleasePurl, type ReleaseId } from "../purl.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { VERSION_ORDERS } from "../versions/index.ts";
import { suggest } from "../words.ts";
import { findPlaceholders, isSamePerson } from "./approvals.ts";
import type { PolicySet } from "./compile.ts";
import type { PolicySource } from "./source.ts";

export interface LintOptions {
  readonly now: Date;
  /** The longest that an approval may last. */
  readonly maxApprovalDays: number;
  /** Ids of the malicious advisories that affect a release. */
  readonly maliciousIds: (release: ReleaseId) => readonly string[];
}

type ApprovalSpec = ApprovalFile["spec"];

const DAY_MS = 86_400_000;
const MAX_IDS = 3;

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

function lintApproval(source: SourceFile, { policies }: PolicySet, options: LintOptions): Diagnostic[] {
  const file = new YamlFile(source);
  const { spec } = file.value as ApprovalFile;
  const names = policies.map(({ name }) => name);
  const unknown = (spec.policies ?? []).flatMap((name, index) => {
    const message = `no policy is named \`${name}\`${suggest(name, names)}`;
    return names.includes(name)
      ? []
      : [file.diagnostic("error", "unknown-policy", message, ["spec", "policies", index])];
  });
  return [
    ...lintRelease(file, spec, options),
    ...unknown,
    ...findPlaceholders(file),
    ...lintTimes(file, spec, options),
    ...lintPeople(file, spec),
  ];
}

/** Which release it is, whose folder it lies in, and whether whoever approves it knows that it is called malicious. */
function lintRelease(file: YamlFile, spec: ApprovalSpec, { maliciousIds }: LintOptions): Diagnostic[] {
  const release = parseReleasePurl(spec.purl);
  const { type, version } = release;
  const found: Diagnostic[] = [];
  if (!VERSION_ORDERS[type].isValid(version)) {
    const message = `\`${version}\` is no version of ${type}: an approval names exactly one release, without wildcards or ranges`;
    found.push(file.diagnostic("error", "approval-version", message, ["spec", "purl"]));
  }
  // Owners are named by folder (CODEOWNERS): in another one it would be reviewed by others, or by nobody.
  if (!file.path.startsWith(`approvals/${type}/`)) {
    const message = `an approval of a release of ${type} lies in approvals/${type}/, so that its owners review it`;
    found.push(file.diagnostic("error", "approval-place", message, ["spec", "purl"]));
  }
  const ids = maliciousIds(release);
  if (ids.length > 0 && !spec.override) {
    const message = `${ids.slice(0, MAX_IDS).join(", ")} calls this release malicious: to lift that all the same, name the policy that says so and write \`override: malicious\``;
    found.push(file.diagnostic("error", "approval-malicious", message, ["spec", "purl"]));
  }
  if (ids.length === 0 && spec.override) {
    const message =
      "no malicious advisory names this release: leave `override` out, so that one that comes later counts";
    found.push(file.diagnostic("warning", "approval-override", message, ["spec", "override"]));
  }
  return found;
}

function lintTimes(file: YamlFile, spec: ApprovalSpec, { now, maxApprovalDays }: LintOptions): Diagnostic[] {
  const [created, expires] = [Date.parse(spec.created), Date.parse(spec.expires)];
  const at = (severity: Diagnostic["severity"], code: string, message: string) =>
    file.diagnostic(severity, code, message, ["spec", "expires"]);
  const found: Diagnostic[] = [];
  if (expires <= created) found.push(at("error", "approval-time", "the approval ends before it begins"));
  else if (expires - created > maxApprovalDays * DAY_MS) {
    const message = `the approval lasts longer than the ${maxApprovalDays} days that cordon.yaml allows (approvals.maxDays)`;
    found.push(at("error", "approval-time", message));
  }
  if (expires <= now.getTime())
    found.push(at("warning", "approval-expired", "the approval has expired and lifts nothing any more"));
  return found;
}

function lintPeople(file: YamlFile, { requestedBy, approvedBy }: ApprovalSpec): Diagnostic[] {
  if (!isSamePerson(requestedBy, approvedBy)) return [];
  const message = "whoever asked for this approval has given it: have somebody else review it";
  return [file.diagnostic("warning", "self-approved", message, ["spec", "approvedBy"])];
}
