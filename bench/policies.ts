/**
 * What rules cost: decisions a second, and the time of `policy test` and `policy lint`. Each figure stands beside the goal
 * that it is held to; nothing is asserted. Times are of the processor, so that other work on the machine does not count.
 * `node bench/policies.ts [--no-install]`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runPolicyTest } from "../cli/policy-test.ts";
import { type CompiledPolicy, compilePolicies, type PolicySet } from "../core/policy/compile.ts";
import { decide } from "../core/policy/engine.ts";
import { toCelFacts } from "../core/policy/facts.ts";
import { lintPolicies } from "../core/policy/lint.ts";
import { type PolicySource, readPolicySource } from "../core/policy/source.ts";
import type { SourceFile } from "../core/source/files.ts";
import type { Facts } from "../schemas/types/facts.ts";
import { medianOf } from "./measure.ts";

const OTHER = "@bufbuild/cel@0.6.1";
const RELEASES = 2000;
const ROUNDS = 7;
const NOW = new Date("2026-11-22T12:00:00Z");
const PUBLISHED = "2025-01-01T00:00:00.000Z";
const KNOWN = new Set(["identity", "listing"] as const);
const pack = readPolicySource(fileURLToPath(new URL("../policies", import.meta.url)));

const row = (name: string, value: string, goal: string): void =>
  console.log(`${name.padEnd(58)} ${value.padStart(14)}   goal ${goal}`);
const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
const perSecond = (value: number): string => `${Math.round(value).toLocaleString("en-US")} /s`;

function cpuMs(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The median of some rounds, after as many as take half a second: a proxy runs for weeks, and compiles its code once. */
async function warmCpuMs(run: () => void): Promise<number> {
  for (const end = performance.now() + 500; performance.now() < end; ) run();
  return medianOf(ROUNDS, () => cpuMs(run));
}

function setOf(source: PolicySource): PolicySet {
  const { set, diagnostics } = compilePolicies(source);
  const failure = diagnostics.find(({ severity }) => severity === "error");
  if (failure) throw new Error(`${failure.file}: ${failure.message}`);
  return set;
}

/** As a registry has them: one in twenty has an install script, and a vulnerability that is not critical. */
function factsOf(index: number): Facts {
  const isUnusual = index % 20 === 0;
  const purl = `pkg:npm/package-${index}`;
  return {
    pkg: { ecosystem: "npm", name: `package-${index}`, purl, releaseCount: 40 },
    release: {
      version: `1.${index}.0`,
      purl: `${purl}@1.${index}.0`,
      prerelease: false,
      published: PUBLISHED,
      yanked: false,
      size: 50_000,
      digests: { sha512: "ab".repeat(64) },
      installScripts: isUnusual ? [{ name: "postinstall", text: "node install.js" }] : [],
      installScriptsChange: isUnusual ? "same" : "none",
      ...(isUnusual && { installScriptsSince: PUBLISHED }),
    },
    advisories: isUnusual
      ? [
          {
            id: "GHSA-aaaa-bbbb-cccc",
            aliases: [],
            kind: "vulnerability",
            score: 5.3,
            severity: "medium",
            affected: ["<2.0.0"],
            fixed: ["2.0.0"],
            source: "bench",
          },
        ]
      : [],
    client: { groups: [], claims: {} },
  };
}

const releases = Array.from({ length: RELEASES }, (_, index) => factsOf(index));
const packSet = setOf(pack);
const ours = await warmCpuMs(() => {
  for (const facts of releases) decide(packSet, facts, { now: NOW, known: KNOWN, bundle: null });
});
row(
  `decide() by the ${packSet.policies.length} policies of policies/`,
  perSecond((RELEASES / ours) * 1000),
  "100,000 /s",
);

const conditions = await warmCpuMs(timeOurs());
row("  their conditions alone, facts converted before", perSecond((RELEASES / conditions) * 1000), "-");

const others = process.argv.includes("--no-install") ? "left out by --no-install" : await timeOther();
if (typeof others === "string") console.log(`  beside ${OTHER}: skipped, for it is ${others}`);
else row(`  the same by ${OTHER}`, perSecond((RELEASES / others) * 1000), "-");

const twenty = setOf({ ...pack, policies: copiesOf(pack.policies, 20) });
const rules = { set: twenty, tables: [], reference: null };
const test: SourceFile = { path: "tests/bench.yaml", text: testFile(1000) };
const tested = await warmCpuMs(() => {
  const { results, diagnostics } = runPolicyTest(test, { rules, dir: "." });
  const failure = results.find(({ passed }) => !passed);
  if (failure || diagnostics.length > 0) throw new Error(failure?.differences.join("\n") ?? diagnostics[0]?.message);
});
row("policy test: 1,000 cases of one file, 20 policies", milliseconds(tested), "300 ms");
const cases = releases.slice(0, 1000);
const decided = await warmCpuMs(() => {
  for (const facts of cases) decide(twenty, facts, { now: NOW, known: KNOWN, bundle: null });
});
row("  of which decisions", milliseconds(decided), "-");

const many = { ...pack, policies: copiesOf(pack.policies, 200) };
const linted = await warmCpuMs(() => {
  lintPolicies(setOf(many), many, { now: NOW, maxApprovalDays: 90, maliciousIds: () => [] });
});
row("policy lint: 200 policies", milliseconds(linted), "1000 ms");

/** The same policies under other names, until there are so many. */
function copiesOf(files: readonly SourceFile[], count: number): SourceFile[] {
  return Array.from({ length: count }, (_, index) => {
    const { text } = files[index % files.length] as SourceFile;
    return { path: `policies/copy-${index}.yaml`, text: text.replace(/^ {2}name: .*$/m, `  name: copy-${index}`) };
  });
}

function testFile(count: number): string {
  const cases = Array.from({ length: count }, (_, index) => {
    const { release, advisories } = factsOf(index);
    return `    - name: case ${index}
      release: ${release.purl}
      facts: ${JSON.stringify({ release, advisories })}
      expect: { decision: allow }`;
  });
  return `apiVersion: cordon/v1\nkind: PolicyTest\nspec:\n  now: 2026-11-22T12:00:00Z\n  cases:\n${cases.join("\n")}\n`;
}

/** The conditions of all policies on facts that were converted once, as the other engine gets them. */
function timeOurs(): () => void {
  const policies = packSet.policies.map((policy) => ({
    params: policy.params,
    conditions: policy.rules.map(({ condition }) =>
      policy.environment.compile(withVariables(condition.source, policy)),
    ),
  }));
  const contexts = releases.map((facts) => ({ ...toCelFacts(facts), lists: packSet.lists.value, now: NOW }));
  return () => {
    for (const facts of contexts) {
      for (const { params, conditions } of policies) {
        const context = { ...facts, params };
        for (const condition of conditions) if (condition.evaluate(context) === true) break;
      }
    }
  };
}

/** Installs the other engine into a folder of its own; the reason where that cannot be. */
async function timeOther(): Promise<number | string> {
  const folder = mkdtempSync(join(tmpdir(), "cordon-bench-"));
  try {
    const args = ["install", "--prefix", folder, "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
    const { status, stderr, error } = spawnSync("npm", [...args, OTHER], { encoding: "utf8", timeout: 120_000 });
    if (status !== 0) return `not to be installed: ${(error?.message ?? stderr).trim().split("\n").at(-1)}`;
    const load = (path: string) => import(pathToFileURL(join(folder, "node_modules/@bufbuild", path)).href);
    return await timeWith(
      await load("cel/dist/esm/index.js"),
      await load("cel/dist/esm/ext/index.js"),
      await load("protobuf/dist/esm/wkt/index.js"),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: modules of a package that is not installed here have no types
function timeWith(cel: any, extensions: any, { timestampFromDate }: any): Promise<number> {
  const dynamic = cel.mapType(cel.CelScalar.STRING, cel.CelScalar.DYN);
  const environment = cel.celEnv({
    funcs: extensions.strings?.funcs ?? extensions.strings ?? [],
    variables: {
      pkg: dynamic,
      release: dynamic,
      advisories: cel.listType(dynamic),
      lists: dynamic,
      params: dynamic,
      now: cel.CelScalar.DYN,
    },
  });
  const policies = packSet.policies.map((policy) => ({
    params: new Map(Object.entries(policy.params)),
    ecosystems: policy.ecosystems,
    conditions: policy.rules.map(({ condition }) =>
      cel.plan(environment, cel.parse(withVariables(condition.source, policy))),
    ),
  }));
  const converted = releases.map(({ pkg, release, advisories }) => ({
    pkg: toMap(pkg),
    release: toMap(release, timestampFromDate),
    advisories: advisories.map((advisory) => toMap(advisory)),
    lists: new Map(Object.entries(packSet.lists.value)),
    now: timestampFromDate(NOW),
  }));
  return warmCpuMs(() => {
    for (const facts of converted) {
      for (const { params, conditions } of policies) {
        const context = { ...facts, params };
        for (const condition of conditions) {
          const value = condition(context);
          if (cel.isCelError(value)) throw value;
          if (value === true) break;
        }
      }
    }
  });
}

/** It has no `variables`: they are written out. */
function withVariables(source: string, { variables }: CompiledPolicy): string {
  return [...variables]
    .reverse()
    .reduce((text, { name, expression }) => text.replaceAll(`variables.${name}`, `(${expression.source})`), source);
}

function toMap(record: object, toTimestamp?: (at: Date) => unknown): ReadonlyMap<string, unknown> {
  const convert = (key: string, value: unknown): unknown => {
    if (toTimestamp && (key === "published" || key === "installScriptsSince"))
      return toTimestamp(new Date(value as string));
    if (Array.isArray(value)) return value.map((item) => (typeof item === "object" ? toMap(item) : item));
    return typeof value === "object" && value !== null ? toMap(value) : value;
  };
  return new Map(Object.entries(record).map(([key, value]) => [key, convert(key, value)]));
}
