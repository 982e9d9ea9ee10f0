/** A policy repository in a directory, read and compiled: what lint, test, build and check start from. */
import { compileFeed, type Feed } from "../core/advisories/feed.ts";
import { readAdvisories } from "../core/advisories/read.ts";
import { AdvisoryTable } from "../core/advisories/table.ts";
import { parseConfig } from "../core/config.ts";
import { CordonError } from "../core/errors.ts";
import { findingsOn, type Rules } from "../core/gate.ts";
import { compilePolicies } from "../core/policy/compile.ts";
import { lintPolicies } from "../core/policy/lint.ts";
import { findStrays, type PolicySource, readConfigFile, readPolicySource } from "../core/policy/source.ts";
import type { ReleaseId } from "../core/purl.ts";
import { type Diagnostic, formatDiagnostic } from "../core/source/diagnostic.ts";
import { YamlFile } from "../core/source/yaml-file.ts";
import type { CordonConfig } from "../schemas/types/cordon.ts";
import { readSnapshotTable, snapshotDir } from "./intel/snapshot.ts";
import { requireOwnState } from "./own-state.ts";

/** The feed of the repository's own `advisories/`. */
const LOCAL_FEED = "local";

export interface Repository {
  readonly dir: string;
  readonly config: CordonConfig;
  readonly source: PolicySource;
  readonly feeds: readonly Feed[];
  readonly rules: Rules;
  readonly diagnostics: readonly Diagnostic[];
  /** Configured feeds that were never pulled: what they would say is not known. */
  readonly missingFeeds: readonly string[];
}

/** Reads everything and collects every issue. Throws only where `dir` is no policy repository, or brings feeds of its own. */
export async function readRepository(dir: string): Promise<Repository> {
  await requireOwnState(dir);
  const source = readPolicySource(dir);
  const configFile = readConfigFile(dir);
  const { config, diagnostics: inConfig } = parseConfig(configFile);
  const { set, diagnostics: inPolicies } = compilePolicies(source);
  const { records, diagnostics: inAdvisories } = readAdvisories(dir);
  const feeds = [compileFeed(LOCAL_FEED, records)];
  const missing: Diagnostic[] = [];
  const missingFeeds: string[] = [];
  for (const [index, { name }] of (config.feeds ?? []).entries()) {
    const feed = readFeed(dir, name);
    if (feed) feeds.push(feed);
    else {
      missingFeeds.push(name);
      const message = `the feed \`${name}\` was never pulled: run \`cordon intel pull\``;
      if (configFile)
        missing.push(
          new YamlFile(configFile).diagnostic("warning", "feed-not-pulled", message, ["feeds", index, "name"]),
        );
    }
  }
  const rules = { set, tables: feeds.map(({ name, table }) => new AdvisoryTable(name, table)), reference: null };
  // Where something does not compile, what it names or reads is not known, and hints on the rest would mislead.
  const suspicious = inPolicies.some(({ severity }) => severity === "error")
    ? []
    : lintPolicies(set, source, {
        now: new Date(),
        maxApprovalDays: config.approvals?.maxDays ?? 90,
        maliciousIds: (release) => maliciousIds(rules, release),
      });
  return {
    dir,
    config,
    source,
    feeds,
    rules,
    diagnostics: [
      ...findStrays(dir).map(toStray),
      ...inConfig,
      ...missing,
      ...inPolicies,
      ...inAdvisories,
      ...suspicious,
    ],
    missingFeeds,
  };
}

/** As `read`. Throws POLICY_INVALID where anything in it is an error. */
export async function requireRepository(dir: string, read = readRepository): Promise<Repository> {
  const repository = await read(dir);
  const errors = repository.diagnostics.filter(({ severity }) => severity === "error");
  if (errors[0]) {
    const more = errors.length > 1 ? `\nand ${errors.length - 1} more` : "";
    throw new CordonError("POLICY_INVALID", `${formatDiagnostic(errors[0])}${more}`);
  }
  return repository;
}

/** As requireRepository(), for decisions that count. Throws FEED_MISSING: leaving a feed out would let through what it names. */
export async function requireFeeds(dir: string, read = readRepository): Promise<Repository> {
  const repository = await requireRepository(dir, read);
  if (repository.missingFeeds.length > 0) {
    throw new CordonError(
      "FEED_MISSING",
      `${dir} has feeds that were never pulled: ${repository.missingFeeds.join(", ")}`,
    );
  }
  return repository;
}

function maliciousIds(rules: Rules, release: ReleaseId): string[] {
  const affecting = findingsOn(rules, release).affecting(release.version);
  return affecting.flatMap(({ kind, id }) => (kind === "malicious" ? [id] : []));
}

function toStray(file: string): Diagnostic {
  const message =
    "this file is not read: files of a policy repository end in .yaml or .yml, and links are not followed";
  return { file, line: 1, column: 1, length: 1, severity: "error", code: "not-read", message, source: "" };
}

function readFeed(dir: string, name: string): Feed | undefined {
  const snapshot = readSnapshotTable(snapshotDir(dir, name));
  if (!snapshot) return undefined;
  const { records, newest, fetched, version } = snapshot.status;
  return { name, entries: records, newest, fetched, version, table: snapshot.table, gzip: snapshot.gzip };
}
