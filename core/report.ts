/** Everything that can be said of a release and of the decision on it: the decision page's document, and what a reviewer reads. */
import type { Decision, PolicyVerdict, Remediation } from "../schemas/types/decision.ts";
import type { Advisory, Attestation, Facts, Release, Script } from "../schemas/types/facts.ts";
import { type Comparison, compareWithPrevious, shownScripts, shownText } from "./comparison.ts";
import type { Ecosystem, JudgedListing, ListedRelease } from "./ecosystems/ecosystem.ts";
import { type ForgeRepository, forgeRepository, lineUrl, newFileUrl } from "./forge.ts";
import type { Rules } from "./gate.ts";
import { changeOf, type RuleChange } from "./policy/rule-origins.ts";
import { type ApprovalDraft, draftApproval, type Refusal, toRefusal, type Wording } from "./refusal.ts";
import { permits } from "./verdict.ts";
import { shellWord } from "./words.ts";

export interface ReleaseReport extends Omit<Refusal, "error" | "remediation"> {
  /** The refusal's sentence; there where it is denied. */
  readonly error?: string;
  readonly remediation: ReportedRemediation;
  /** Of every policy that has something to say, most severe first. */
  readonly verdicts: readonly ReportedVerdict[];
  /** Policies that could not be judged. */
  readonly skipped: readonly string[];
  /** Null where nothing is known but its purl. */
  readonly release: ReleaseSummary | null;
  /** Against the next lower listed release; null where there is none. */
  readonly previous: Comparison | null;
  /** What to propose in the policy repository; there where it is denied and has digests to approve. */
  readonly approval?: ApprovalDraft;
}

export interface ReportedRemediation extends Remediation {
  /** The forge's page for a new file, filled in; null where the forge is not known, or the draft is too long for an address. */
  readonly approvalUrl: string | null;
  /** The command that makes a request; null where nothing is denied. */
  readonly command: string | null;
}

export interface ReportedVerdict extends PolicyVerdict {
  /** Null for what is no rule of a policy. */
  readonly source: RuleSource | null;
}

export interface RuleSource {
  readonly title: string;
  readonly description: string;
  readonly file: string;
  readonly line: number;
  /** The condition as its author wrote it. */
  readonly condition: string;
  readonly change: RuleChange | null;
  /** The line on the forge; null where that is not known. */
  readonly url: string | null;
  /** Whether an approval that names no policy lifts it. */
  readonly approvable: boolean;
}

export interface ReleaseSummary {
  readonly version: string;
  readonly published: string | null;
  /** The account that published it, as the registry says. */
  readonly publisher: string | null;
  readonly license: string | null;
  readonly repository: string | null;
  readonly deprecated: string | null;
  readonly yanked: boolean;
  readonly yankedReason: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly installScripts: readonly Script[];
  readonly provenance: { readonly present: boolean; readonly lost: boolean; readonly lostFrom: string | null } | null;
  readonly attestation: AttestationSummary | null;
  readonly advisories: readonly AdvisorySummary[];
  readonly files: readonly FileSummary[];
}

export interface AttestationSummary {
  readonly verified: boolean;
  readonly problem: string | null;
  readonly repository: string | null;
  readonly workflow: string | null;
}

export interface AdvisorySummary extends Pick<Advisory, "id" | "kind" | "fixed" | "source"> {
  readonly severity: string | null;
  readonly score: number | null;
  readonly summary: string | null;
  readonly url: string | null;
}

export interface FileSummary {
  readonly name: string;
  readonly size: number | null;
  readonly digests: Readonly<Record<string, string>>;
}

/** What is known of what was decided on. */
export interface Known {
  /** Undefined where its package is not listed. */
  readonly judged: JudgedListing | undefined;
  /** Undefined where the release is not. */
  readonly release: ReportedRelease | undefined;
}

export interface ReportedRelease {
  readonly ecosystem: Ecosystem;
  readonly release: ListedRelease;
  /** With what its file and other documents told. */
  readonly facts: Facts;
}

const MAX_FILES = 200;
const MAX_FIXED = 10;

export function reportOn(
  decision: Decision,
  rules: Rules,
  wording: Wording,
  { judged, release }: Known,
): ReleaseReport {
  const { error, remediation, ...refusal } = toRefusal(decision, wording, judged);
  const isDenied = !permits(decision);
  const approval = isDenied ? draftApproval(decision, release?.facts.release ?? {}) : undefined;
  const forge = forgeRepository(wording.repository ?? rules.origins?.repository, wording.forge);
  return {
    ...(isDenied && { error }),
    ...refusal,
    remediation: {
      ...remediation,
      approvalUrl: (forge && approval && newFileUrl(forge, approval)) ?? null,
      command: isDenied ? requestCommand(decision.purl) : null,
    },
    verdicts: decision.verdicts.map((verdict) => ({ ...verdict, source: sourceOf(verdict, rules, forge) })),
    skipped: decision.skipped,
    release: release ? summarize(release) : null,
    previous: (judged && release && compareWithPrevious(judged.listing, release.release, release.ecosystem)) ?? null,
    ...(approval && { approval }),
  };
}

/** What makes a request, but for where the policies are. */
export function requestCommand(purl: string): string {
  return `cordon quarantine request ${shellWord(purl)} --reason "…"`;
}

function sourceOf(
  { policy: name, rule: ruleName }: PolicyVerdict,
  { set, origins }: Rules,
  forge: ForgeRepository | undefined,
): RuleSource | null {
  const policy = set.policies.find((one) => one.name === name);
  const rule = policy?.rules.find((one) => one.name === ruleName);
  if (!policy || !rule) return null;
  const { title, description, file, approvable } = policy;
  const { commit = null, history } = origins ?? {};
  const path = `${history?.folder ?? ""}${file}`;
  return {
    title,
    description,
    file,
    line: rule.line,
    condition: rule.condition.source,
    change: changeOf({ history }, file, rule.line) ?? null,
    // Without the history it is not known in which folder the file lies.
    url: forge && history && commit !== null ? lineUrl(forge, commit, path, rule.line) : null,
    approvable,
  };
}

function summarize({ ecosystem, release: listed, facts: { release, advisories } }: ReportedRelease): ReleaseSummary {
  const { provenance } = release;
  return {
    version: release.version,
    published: release.published ?? null,
    publisher: shownText(ecosystem.describe?.(listed).publisher),
    license: shownText(release.license),
    repository: shownText(release.repository),
    deprecated: shownText(release.deprecated),
    yanked: release.yanked ?? false,
    yankedReason: shownText(release.yankedReason),
    size: release.size ?? null,
    installScripts: shownScripts(release),
    provenance: provenance
      ? { present: provenance.present, lost: provenance.lost, lostFrom: provenance.lostFrom ?? null }
      : null,
    attestation: release.attestation ? summarizeAttestation(release.attestation) : null,
    advisories: advisories.map(summarizeAdvisory),
    files: filesOf(listed, release),
  };
}

function summarizeAttestation({ verified, problem, repository, workflow }: Attestation): AttestationSummary {
  return { verified, problem: shownText(problem), repository: shownText(repository), workflow: shownText(workflow) };
}

function summarizeAdvisory({ id, kind, severity, score, summary, fixed, source, url }: Advisory): AdvisorySummary {
  return {
    id,
    kind,
    severity: severity ?? null,
    score: score ?? null,
    summary: shownText(summary),
    fixed: fixed.slice(0, MAX_FIXED),
    source,
    url: url ?? null,
  };
}

function filesOf({ files: listed }: ListedRelease, { files, size, digests }: Release): FileSummary[] {
  const found = files?.map((file) => ({ name: file.name, size: file.size ?? null, digests: file.digests }));
  const [file] = listed;
  // A listing may leave digests to the file itself, which the facts then tell.
  const only = file && { name: file.name, size: size ?? null, digests: digests ?? { ...file.digests } };
  return (found ?? (only ? [only as FileSummary] : [])).slice(0, MAX_FILES);
}
