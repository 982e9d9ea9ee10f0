/**
 * Pathological rules and facts: how long each holds the event loop, at the most. In `bench/hostile/*.yaml`, `rules` are
 * conditions; `{ repeat: N, of: VALUE }` is a list with the index for `#`, and `<repeat N "TEXT">` a text. Nothing is
 * asserted. `node bench/hostile.ts [NAME…]`
 */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { withinBudget } from "../core/policy/cel.ts";
import { compilePolicies, type PolicySet, preparePolicies } from "../core/policy/compile.ts";
import { decide } from "../core/policy/engine.ts";
import type { PolicySource } from "../core/policy/source.ts";
import { YamlFile } from "../core/source/yaml-file.ts";
import type { Facts } from "../schemas/types/facts.ts";

const GOAL_MS = 50;
const RUNS = 3;
const CIRCUMSTANCES = {
  now: new Date("2026-11-22T12:00:00Z"),
  known: new Set(["identity", "listing"] as const),
  bundle: null,
};

interface Hostile {
  readonly what: string;
  readonly facts: Partial<Facts>;
  readonly rules: readonly string[];
  readonly list?: readonly string[];
}

/** Time of the thread that holds the event loop: other work on the machine does not count. */
function held(run: () => void): number {
  const start = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

/** The longest that work in small steps holds the event loop. */
async function longestStep(work: Promise<void>): Promise<number> {
  let [isOver, longest] = [false, 0];
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const start = process.threadCpuUsage();
    await setImmediate();
    const { user, system } = process.threadCpuUsage(start);
    longest = Math.max(longest, (user + system) / 1000);
  }
  return longest;
}

function expand(value: unknown, index = ""): unknown {
  if (typeof value === "string")
    return value
      .replaceAll("#", index === "" ? "#" : index)
      .replace(/<repeat (\d+) "((?:[^"\\]|\\.)*)">/g, (_, times, text: string) =>
        text.replaceAll('\\"', '"').repeat(Number(times)),
      );
  if (Array.isArray(value)) return value.map((item) => expand(item, index));
  if (typeof value !== "object" || value === null) return value;
  const { repeat, of } = value as { repeat?: number; of?: unknown };
  if (repeat !== undefined) return Array.from({ length: repeat }, (_, at) => expand(of, String(at)));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, index)]));
}

/** One rule a policy, so that one rule does not keep the next from being tried. */
function sourceOf(rules: readonly string[], list: readonly string[] | undefined): PolicySource {
  const head = (kind: string, name: string) => ({ apiVersion: "cordon/v1", kind, metadata: { name } });
  const policies = rules.map((condition, index) => ({
    path: `policies/rule-${index}.yaml`,
    text: JSON.stringify({
      ...head("PackagePolicy", `rule-${index}`),
      spec: { rules: [{ name: "hostile", condition, verdict: "block", message: "It is hostile." }] },
    }),
  }));
  const text = JSON.stringify({ ...head("PackageList", "hostile"), spec: { entries: list } });
  return { policies, lists: list ? [{ path: "lists/hostile.yaml", text }] : [], approvals: [] };
}

function factsOf({ pkg, release, advisories }: Partial<Facts>): Facts {
  return {
    pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x", ...pkg },
    release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0", ...release },
    advisories: advisories ?? [],
    client: { groups: [], claims: {} },
  };
}

function compile(rules: readonly string[], list: readonly string[] | undefined): PolicySet {
  const { set, diagnostics } = compilePolicies(sourceOf(rules, list));
  const failure = diagnostics.find(({ severity }) => severity === "error");
  if (failure) console.log(`  refused: ${failure.message.slice(0, 100)}`);
  return set;
}

const names = new Set(process.argv.slice(2));
const files = globSync(fileURLToPath(new URL("hostile/*.yaml", import.meta.url))).sort();
let worst = 0;
console.log(
  `${"".padEnd(20)} ${"compile".padStart(12)} ${"decide".padStart(9)} ${"worst rule".padStart(12)}   goal ${GOAL_MS} ms each`,
);
for (const path of files) {
  const name = basename(path, ".yaml");
  if (names.size > 0 && !names.has(name)) continue;
  const { what, rules, facts, list } = expand(
    new YamlFile({ path, text: readFileSync(path, "utf8") }).value,
  ) as Hostile;
  const full = factsOf(facts);
  const compiled: { set: PolicySet; compileMs: number }[] = [];
  for (const sources of [rules, ...rules.map((rule) => [rule])]) {
    let set: PolicySet | undefined;
    const compileMs = held(() => {
      try {
        set = compile(sources, list);
      } catch (error) {
        console.log(`  ${name}: compiling throws ${String(error).slice(0, 100)}`);
      }
    });
    if (set) compiled.push({ set, compileMs: Math.max(compileMs, await longestStep(preparePolicies(set))) });
  }
  const [all, ...single] = compiled;
  if (!all) continue;
  const timeOf = (set: PolicySet) =>
    Math.max(...Array.from({ length: RUNS }, () => held(() => withinBudget(() => decide(set, full, CIRCUMSTANCES)))));
  const ofRules = single.map(({ set }) => timeOf(set));
  const decideMs = timeOf(all.set);
  const compileMs = Math.max(...single.map(({ compileMs }) => compileMs));
  const worstRule = Math.max(...ofRules);
  worst = Math.max(worst, compileMs, decideMs, worstRule);
  const mark = Math.max(compileMs, decideMs, worstRule) > GOAL_MS ? "  above the goal" : "";
  console.log(
    `${name.padEnd(20)} ${compileMs.toFixed(1).padStart(9)} ms ${decideMs.toFixed(1).padStart(6)} ms ${worstRule.toFixed(1).padStart(6)} ms #${ofRules.indexOf(worstRule) + 1}${mark}   ${what}`,
  );
}
console.log(`the longest: ${worst.toFixed(1)} ms`);
