import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runPolicyTest } from "../../cli/policy-test.ts";
import { readRepository } from "../../cli/repository.ts";
import { readRecipes, renameRecipe } from "../../cli/templates.ts";
import { identityFacts } from "../../core/gate.ts";
import { compilePolicies } from "../../core/policy/compile.ts";
import { Coverage } from "../../core/policy/coverage.ts";
import { baseContext, policyContext } from "../../core/policy/engine.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import { formatDiagnostic } from "../../core/source/diagnostic.ts";
import { formatInstant } from "../../core/time.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { listFile, policyFile } from "../support/policies.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCS = readFileSync(join(ROOT, "docs/WRITING-POLICIES.md"), "utf8");
const RECIPES = readRecipes(ROOT);
const FENCES = [...DOCS.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language, 2: text = "", index }) => ({
  above: DOCS.slice(0, index).trimEnd().split("\n").at(-1) ?? "",
  language,
  text,
}));

describe("policies/cookbook", () => {
  it("has a dozen recipes", () => assert.ok(RECIPES.length >= 12));

  it("is no part of the default pack", async () => {
    const { source } = await readRepository(join(ROOT, "policies"));
    const paths = [...source.policies, ...source.lists].map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => path.includes("cookbook")),
      [],
    );
  });

  for (const recipe of RECIPES) {
    describe(recipe.name, () => {
      let folder: Folder;

      before(() => {
        const files = renameRecipe(recipe, recipe.name);
        folder = makeFolder(Object.fromEntries(files.map(({ path, text }) => [path, text])));
      });
      after(() => folder.remove());

      it("compiles, and lint has nothing to say", async () => {
        assert.deepEqual((await readRepository(folder.path)).diagnostics.map(formatDiagnostic), []);
      });

      it("has tests that pass, and that see each part of each rule both ways", async () => {
        const { rules } = await readRepository(folder.path);
        const coverage = new Coverage(rules.set);
        const path = `tests/${recipe.name}.yaml`;
        const source = { path, text: readFileSync(join(folder.path, path), "utf8") };
        const { results, diagnostics } = runPolicyTest(source, { rules, dir: folder.path, coverage });
        assert.deepEqual(diagnostics.map(formatDiagnostic), []);
        assert.ok(results.length > 1);
        assert.deepEqual(
          results.flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`)),
          [],
        );
        const { percent, rules: covered } = coverage.report();
        assert.equal(covered.length, rules.set.policies[0]?.rules.length);
        assert.equal(percent, 100);
      });
    });
  }
});

describe("docs/WRITING-POLICIES.md", () => {
  it("shows each recipe", () => {
    for (const { name } of RECIPES) assert.ok(DOCS.includes(`cookbook/${name}/policy.yaml`), name);
  });

  it("shows YAML only as it stands in the files of the cookbook", () => {
    const snippets = FENCES.filter(({ language }) => language !== "console");
    assert.ok(snippets.length > RECIPES.length);
    for (const { above, language, text } of snippets) {
      assert.equal(language, "yaml");
      const path = /\]\(\.\.\/(policies\/cookbook\/[\w./-]+)\)$/.exec(above)?.[1];
      assert.ok(path, `no link to a file of the cookbook stands above ${text.slice(0, 80)}`);
      assert.equal(text, readFileSync(join(ROOT, path), "utf8"), path);
    }
  });

  it("names commands and flags that exist", async () => {
    const lines = [...DOCS.matchAll(/(?:`|^\$ )(cordon [^`\n]+)/gm)].map(([, line = ""]) => line);
    assert.ok(lines.length > 10);
    for (const line of lines) {
      const words = line.split(" ").slice(1);
      const flags = words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []);
      const known = await flagsOf(words);
      assert.ok(known, `no such command: ${line}`);
      for (const flag of flags) assert.ok(known.has(flag), `no flag --${flag}: ${line}`);
    }
  });

  it("names each flag that stands alone", async () => {
    const known = new Set<string>();
    for (const command of ["new", "lint", "test", "explain"])
      for (const flag of (await flagsOf(["policy", command])) ?? []) known.add(flag);
    for (const [, flag = ""] of DOCS.matchAll(/`--([\w-]+)/g)) assert.ok(known.has(flag), flag);
  });

  it("shows what its commands print, one after the other in one folder", () => {
    const folder = makeFolder();
    try {
      const sessions = FENCES.filter(({ language }) => language === "console").flatMap(({ text }) =>
        text.split(/^\$ /m).slice(1),
      );
      assert.ok(sessions.length > 4);
      for (const session of sessions) {
        const [line = "", ...output] = session.split("\n");
        assert.equal(run(line, folder.path), output.join("\n"), line);
      }
    } finally {
      folder.remove();
    }
  });

  it("gives the value of each expression", () => {
    const rows = tableAfter("| expression | value |");
    const variables = rows.map(([expression = ""], index) => ({ name: `v${index}`, expression }));
    const { set, diagnostics } = compilePolicies({
      policies: [
        policyFile(
          "values",
          `  variables: ${JSON.stringify(variables)}\n  rules: [{ name: r, condition: "true", verdict: warn, message: m }]`,
        ),
      ],
      lists: [listFile("denied", [])],
      approvals: [],
    });
    assert.deepEqual(diagnostics.map(formatDiagnostic), []);
    const [policy] = set.policies;
    assert.ok(policy && rows.length > 10);
    const now = new Date("2026-11-22T12:00:00Z");
    const context = policyContext(policy, baseContext(set, EXAMPLE, now));
    for (const [index, [expression, value]] of rows.entries())
      assert.equal(show(policy.variables[index]?.expression.evaluate(context)), value, expression);
  });

  it("tells what lint says of each expression", () => {
    const rows = tableAfter("| expression | lint | instead |");
    assert.ok(rows.length > 10);
    for (const [expression = "", message] of rows) {
      const rule = { name: "r", condition: expression, verdict: "block", message: "m" };
      const { diagnostics } = compilePolicies({
        policies: [policyFile("wrong", `  rules: [${JSON.stringify(rule)}]`)],
        lists: [listFile("denied", [])],
        approvals: [],
      });
      assert.equal(diagnostics[0]?.message, message, expression);
    }
  });
});

const EXAMPLE_FACTS = identityFacts(parseReleasePurl("pkg:npm/%40acme/ui@1.4.0"));
const EXAMPLE = {
  pkg: EXAMPLE_FACTS.pkg,
  release: { ...EXAMPLE_FACTS.release, license: "MIT OR ISC", published: "2026-11-20T12:00:00Z" },
  advisories: [],
  client: { groups: [], claims: {} },
};

/** The cells of the first table with this head; code is taken out of its quotes in the first two columns. */
function tableAfter(head: string): string[][] {
  const [, rest = ""] = DOCS.split(`${head}\n`);
  const rows = rest.split("\n\n", 1)[0]?.split("\n").slice(1) ?? [];
  return rows.map((row) =>
    row
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replace(/^`(.*)`$/, "$1")),
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Date) return formatInstant(value);
  return typeof value === "object" && value !== null && "seconds" in value ? `${value.seconds}s` : String(value);
}

/** The flags of the command that the words begin with; undefined where there is none. */
async function flagsOf(words: readonly string[]): Promise<Set<string> | undefined> {
  for (const length of [2, 1]) {
    const file = join(ROOT, "cli/commands", `${words.slice(0, length).join("/")}.ts`);
    if (words.length < length || !existsSync(file)) continue;
    const { default: command } = await import(pathToFileURL(file).href);
    return new Set([...Object.keys(command.flags ?? {}), "json", "help"]);
  }
  return undefined;
}

/** What the line prints. Unlike cordon() of the tests' support, it runs in the folder. */
function run(line: string, cwd: string): string {
  const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const args = [...runtime, join(ROOT, "cli/bin/run.ts"), ...line.split(" ").slice(1)];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  return stderr + stdout;
}
