/** What a dry run found: what every reporter draws. */
import type { FactSource } from "../../core/policy/facts.ts";
import type { Wording } from "../../core/refusal.ts";
import type { BundleReference, Decision, Verdict } from "../../schemas/types/decision.ts";

export interface DryRunReport {
  /** As of when it was judged (RFC 3339, UTC). */
  readonly at: string;
  /** What judged; `bundle` is null where the rules came from a folder. */
  readonly rules: { readonly bundle: BundleReference; readonly policies: readonly string[] };
  readonly isOffline: boolean;
  /** Of Cordon. */
  readonly version: string;
  /** Where people ask for exceptions. */
  readonly wording: Wording;
  /** Each release once, the most severe decisions first, then by purl. */
  readonly releases: readonly JudgedRelease[];
  readonly inputs: readonly Input[];
  /** What an install takes from elsewhere than a registry, or in a version that nobody fixed. */
  readonly unjudged: readonly UnjudgedEntry[];
  readonly summary: Summary;
}

/** A release that inputs name. */
export interface JudgedRelease {
  readonly decision: Decision;
  /** Versions to install instead, where it is denied and its registry was asked. */
  readonly alternatives: string[];
  readonly places: readonly Place[];
  /** Whether an install runs scripts of it; null where nobody tells. */
  readonly runsScripts: boolean | null;
  /** What the policies that read install scripts say of it; null where they could not be judged. */
  readonly scriptVerdict: Verdict | null;
  /** Documents that policies read and that were not at hand. */
  readonly missing: readonly FactSource[];
  /** Why its registry could not be asked. */
  readonly problem?: string;
}

/** Where a release is named. */
export interface Place {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly repository: string;
  /** The CI job, where a log tells it. */
  readonly job?: string;
}

export interface Input {
  readonly path: string;
  readonly repository: string;
  /** Null where it could not be read. */
  readonly kind: string | null;
  /** Distinct releases. */
  readonly entries: number;
  /** What is wrong with it; there where it could not be read. */
  readonly error?: string;
}

export interface UnjudgedEntry {
  readonly name: string;
  readonly reason: string;
  readonly path: string;
  readonly line: number;
}

export interface Summary {
  readonly inputs: number;
  readonly unreadable: number;
  readonly releases: number;
  /** Releases by what was decided. */
  readonly decisions: Readonly<Record<Verdict, number>>;
  /** Not listed by their registries. */
  readonly unlisted: number;
  /** Judged by some policies only, for want of facts. */
  readonly partly: number;
  /** By document, the releases for which it was wanted and not at hand. */
  readonly missing: Readonly<Partial<Record<FactSource, number>>>;
  /** Entries that no registry has. */
  readonly unjudged: number;
  readonly repositories: readonly Affected[];
  readonly jobs: readonly Affected[];
  readonly scripts: Scripts;
  readonly holds: Holds;
}

/** What enforcement would mean for a repository, or a CI job. */
export interface Affected {
  readonly name: string;
  readonly releases: number;
  readonly decisions: Readonly<Record<Verdict, number>>;
  /** Whether an install in it would fail: something that it names is denied. */
  readonly isAffected: boolean;
}

export interface Scripts {
  /** Releases that run scripts when they are installed. */
  readonly running: number;
  /** Releases of which nobody tells whether they do. */
  readonly unknown: number;
  /** Those that run scripts, by what the policies on scripts say; `unjudged` where those could not be judged. */
  readonly verdicts: Readonly<Partial<Record<Verdict | "unjudged", number>>>;
}

/** How long holds last, counted from `at`. */
export interface Holds {
  /** Held until somebody approves. */
  readonly open: number;
  readonly ending: number;
  /** By how many hours the holds that end by themselves have left at most; the last bound is null. */
  readonly within: readonly { readonly hours: number | null; readonly releases: number }[];
  /** When the last of them ends; null where none does. */
  readonly last: string | null;
}
