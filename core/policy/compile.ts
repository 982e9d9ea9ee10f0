/** Policy files to something that decides: YAML checked against its schema, CEL type-checked against the facts. */
import schema from "../../schemas/policy.schema.json" with { type: "json" };
import type { Strip, Verdict } from "../../schemas/types/decision.ts";
import type { PackagePolicy, Rule as RuleSource } from "../../schemas/types/policy.ts";
import type { PurlType } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { parseDuration, parseInstant } from "../time.ts";
import { adviceOn } from "./advice.ts";
import { type Approval, compileApprovals } from "./approvals.ts";
import { CelEnvironment, CelError, type CelExpression, type CelRecord, type CelType, TIMESTAMP } from "./cel.ts";
import { prepareNames } from "./cel-functions.ts";
import { FACT_DECLARATIONS, type FactSource, factSource } from "./facts.ts";
import { compileLists, type Lists } from "./lists.ts";
import { Reachability } from "./reachability.ts";
import type { PolicySource } from "./source.ts";
import { createVariableScope, type VariableScope } from "./variables.ts";

export interface CompiledRule {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly condition: CelExpression;
  readonly messageExpression: CelExpression | undefined;
  readonly until: CelExpression | undefined;
  /** The documents that the condition reads, those of its variables included. */
  readonly needs: ReadonlySet<FactSource>;
  /** Where the rule stands in `CompiledPolicy.file`, from 1. */
  readonly line: number;
  /** The last line of its own. */
  readonly endLine: number;
}

export interface CompiledVariable {
  readonly name: string;
  readonly expression: CelExpression;
}

export interface CompiledPolicy {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly file: string;
  readonly mode: "enforce" | "audit";
  /** Undefined: all. */
  readonly ecosystems: ReadonlySet<PurlType> | undefined;
  readonly approvable: boolean;
  readonly onError: "quarantine" | "block";
  readonly strip: Strip;
  readonly params: object;
  readonly variables: readonly CompiledVariable[];
  readonly variableScope: VariableScope;
  readonly rules: readonly CompiledRule[];
  readonly readsAdvisories: boolean;
  /** Where its rules were compiled: what takes a condition apart needs it. */
  readonly environment: CelEnvironment;
}

/** Everything that the rules of one repository come to. */
export interface PolicySet {
  readonly policies: readonly CompiledPolicy[];
  readonly lists: Lists;
  readonly approvals: ReadonlyMap<string, readonly Approval[]>;
  /** All that any expression reads: `root.field`, or `root` where the whole is used. */
  readonly reads: ReadonlySet<string>;
}

const check = schemaCheck<PackagePolicy>(schema);

/** Does beforehand what rules would do when they are first judged, so that no request waits for it. */
export async function preparePolicies({ policies, lists, reads }: PolicySet): Promise<void> {
  const texts = policies.flatMap(({ rules, variables }) => [
    ...rules.flatMap(({ condition, messageExpression }) => [condition.source, messageExpression?.source ?? ""]),
    ...variables.map(({ expression }) => expression.source),
  ]);
  if (!texts.some((text) => text.includes("resembl"))) return;
  for (const name of lists.names) {
    const list = (lists.value as Readonly<Record<string, Map<string, string>>>)[name];
    if (list && (reads.has("lists") || reads.has(`lists.${name}`))) await prepareNames(list);
  }
}

/** Compiles the whole source. Where a diagnostic is an error, the set must not be used. */
export function compilePolicies(source: PolicySource): { set: PolicySet; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const lists = compileLists(source.lists, diagnostics);
  const approvals = compileApprovals(source.approvals, diagnostics);
  const environment = new CelEnvironment({
    records: [...(FACT_DECLARATIONS.records ?? []), lists.record],
    variables: { ...FACT_DECLARATIONS.variables, lists: lists.record.name, now: TIMESTAMP },
  });
  const policies: CompiledPolicy[] = [];
  for (const file of source.policies) {
    const policy = new PolicyCompiler(file, environment, lists, diagnostics).compile();
    if (!policy) continue;
    const namesake = policies.find(({ name }) => name === policy.name);
    if (namesake) {
      diagnostics.push(
        new YamlFile(file).diagnostic(
          "error",
          "duplicate-name",
          `${namesake.file} has a policy named \`${policy.name}\` too`,
          ["metadata", "name"],
        ),
      );
    } else policies.push(policy);
  }
  const reads = new Set(policies.flatMap(expressionsOf).flatMap((expression) => [...expression.reads]));
  return { set: { policies, lists, approvals, reads }, diagnostics };
}

/** Every expression of a policy. */
export function expressionsOf({ variables, rules }: CompiledPolicy): CelExpression[] {
  const ofRules = rules.flatMap(({ condition, messageExpression, until }) => [condition, messageExpression, until]);
  return [...variables.map(({ expression }) => expression), ...ofRules].filter(
    (expression) => expression !== undefined,
  );
}

/** One file. Every issue is collected, so that an author sees them all at once. */
class PolicyCompiler {
  readonly #file: YamlFile;
  readonly #lists: Lists;
  readonly #diagnostics: Diagnostic[];
  readonly #base: CelEnvironment;
  readonly #needs = new Map<string, ReadonlySet<FactSource>>();
  readonly #scope = createVariableScope();

  constructor(file: SourceFile, base: CelEnvironment, lists: Lists, diagnostics: Diagnostic[]) {
    this.#file = new YamlFile(file);
    this.#base = base;
    this.#lists = lists;
    this.#diagnostics = diagnostics;
  }

  compile(): CompiledPolicy | undefined {
    const before = this.#diagnostics.length;
    this.#diagnostics.push(...this.#file.check(check));
    if (this.#diagnostics.length > before) return undefined;
    const { metadata, spec } = this.#file.value as PackagePolicy;
    const params = compileParams(spec.params ?? {});
    this.#checkParams(spec);
    const withParams = this.#base.extend({ records: [params.record], variables: { params: params.record.name } });
    const { variables, environment } = this.#compileVariables(spec.variables ?? [], withParams);
    const rules = this.#compileRules(spec.rules, environment, params.record);
    if (this.#diagnostics.slice(before).some(({ severity }) => severity === "error")) return undefined;
    const readsAdvisories = [
      ...rules.map(({ condition }) => condition),
      ...variables.map(({ expression }) => expression),
    ].some(({ reads }) => reads.has("advisories"));
    return {
      name: metadata.name,
      title: metadata.title ?? metadata.name,
      description: metadata.description ?? "",
      file: this.#file.path,
      mode: spec.mode ?? "enforce",
      ecosystems: spec.ecosystems ? new Set(spec.ecosystems) : undefined,
      approvable: spec.approvable ?? true,
      onError: spec.onError ?? "quarantine",
      strip: spec.strip ?? "rewrite",
      params: params.value,
      variables,
      variableScope: this.#scope.scope,
      rules,
      readsAdvisories,
      environment,
    };
  }

  /** A param that is read as a duration or a time is one: otherwise the rule would fail on every release. */
  #checkParams({ params = {}, variables = [], rules }: PackagePolicy["spec"]): void {
    const sources = [
      ...variables.map(({ expression }) => expression),
      ...rules.flatMap(({ condition, until, messageExpression }) => [condition, until ?? "", messageExpression ?? ""]),
    ];
    for (const [, read, name = ""] of sources.join("\n").matchAll(/\b(duration|timestamp)\(\s*params\.(\w+)\s*\)/g)) {
      const value = params[name];
      if (typeof value !== "string") continue;
      if (read === "duration" && parseDuration(value) === undefined)
        this.#error("param", "is read as a duration, and is none such as 72h or 1h30m", ["spec", "params", name]);
      if (read === "timestamp" && !parseInstant(value))
        this.#error("param", "is read as a time, and is none such as 2026-01-31T12:00:00Z", ["spec", "params", name]);
    }
  }

  /** Each variable sees those before it: the type of `variables` grows by a field a time. */
  #compileVariables(
    sources: readonly { name: string; expression: string }[],
    base: CelEnvironment,
  ): { variables: CompiledVariable[]; environment: CelEnvironment } {
    const variables: CompiledVariable[] = [];
    const fields: Record<string, CelType> = {};
    let environment = base;
    for (const [index, { name, expression }] of sources.entries()) {
      const path = ["spec", "variables", index];
      if (Object.hasOwn(fields, name))
        this.#error("duplicate-name", `a variable above is named \`${name}\` too`, [...path, "name"]);
      const compiled = this.#expression(
        expression,
        undefined,
        [...path, "expression"],
        environment,
        Object.keys(fields),
      );
      if (!compiled) continue;
      this.#needs.set(name, this.#needsOf(compiled));
      fields[name] = compiled.type;
      variables.push({ name, expression: compiled });
      this.#scope.add(name, compiled);
      environment = base.extend({
        records: [{ name: "Variables", fields: { ...fields }, ctor: this.#scope.scope }],
        variables: { variables: "Variables" },
      });
    }
    return { variables, environment };
  }

  #compileRules(sources: readonly RuleSource[], environment: CelEnvironment, params: CelRecord): CompiledRule[] {
    const rules: CompiledRule[] = [];
    const known = [...Object.keys(params.fields), ...this.#needs.keys()];
    const reachability = new Reachability(environment);
    for (const [index, { name, verdict, message, ...source }] of sources.entries()) {
      const path = ["spec", "rules", index];
      if (rules.some((rule) => rule.name === name))
        this.#error("duplicate-name", `a rule above is named \`${name}\` too`, [...path, "name"]);
      if (reachability.always !== undefined)
        this.#error(
          "unreachable",
          `this rule is never reached: \`${reachability.always}\` above matches every release`,
          path,
        );
      const condition = this.#expression(source.condition, "bool", [...path, "condition"], environment, known);
      const messageExpression = this.#optional(
        source.messageExpression,
        "string",
        [...path, "messageExpression"],
        environment,
        known,
      );
      const until = this.#optional(source.until, TIMESTAMP, [...path, "until"], environment, known);
      if (!condition) continue;
      for (const { code, message } of reachability.add(name, condition))
        this.#error(code, message, code === "constant" ? [...path, "condition"] : path);
      rules.push({
        name,
        verdict,
        message,
        condition,
        messageExpression,
        until,
        needs: this.#needsOf(condition),
        line: this.#file.lineOf(path),
        endLine: this.#file.endLineOf(path),
      });
    }
    return rules;
  }

  #optional(
    source: string | undefined,
    wanted: CelType,
    path: readonly (string | number)[],
    environment: CelEnvironment,
    known: readonly string[],
  ): CelExpression | undefined {
    return source === undefined ? undefined : this.#expression(source, wanted, path, environment, known);
  }

  #expression(
    source: string,
    wanted: CelType | undefined,
    path: readonly (string | number)[],
    environment: CelEnvironment,
    known: readonly string[],
  ): CelExpression | undefined {
    try {
      return environment.compile(source, wanted);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const advice = adviceOn(error, source, [...this.#lists.names, ...known]);
      this.#diagnostics.push(
        this.#file.diagnostic("error", "cel", `${error.message}${advice}`, path, error.start, error.end),
      );
      return undefined;
    }
  }

  #needsOf({ reads }: CelExpression): ReadonlySet<FactSource> {
    const needs = new Set<FactSource>();
    for (const read of reads) {
      const source = factSource(read);
      if (source) needs.add(source);
      if (read === "variables") for (const all of this.#needs.values()) for (const need of all) needs.add(need);
      if (read.startsWith("variables."))
        for (const need of this.#needs.get(read.slice("variables.".length)) ?? []) needs.add(need);
    }
    return needs;
  }

  #error(code: string, message: string, path: readonly (string | number)[]): void {
    this.#diagnostics.push(this.#file.diagnostic("error", code, message, path));
  }
}

function compileParams(source: Readonly<Record<string, unknown>>): { record: CelRecord; value: object } {
  class Params {}
  const value = new Params() as Record<string, unknown>;
  const fields: Record<string, CelType> = {};
  for (const [name, param] of Object.entries(source)) [fields[name], value[name]] = compileParam(param);
  return { record: { name: "Params", fields, ctor: Params }, value };
}

function compileParam(param: unknown): [CelType, unknown] {
  if (typeof param === "string") return ["string", param];
  if (typeof param === "boolean") return ["bool", param];
  if (typeof param === "number") return Number.isSafeInteger(param) ? ["int", BigInt(param)] : ["double", param];
  return ["map<string, bool>", new Map((param as string[]).map((item) => [item, true]))];
}
