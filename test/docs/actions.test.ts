/** What docs/ACTIONS.md says of the actions is what they have, and its workflows are some. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCS = readFileSync(join(ROOT, "docs/ACTIONS.md"), "utf8");
const OWN = "acme/cordon/.github/actions/";

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions: Readonly<Record<string, string>>;
        readonly "timeout-minutes": number;
        readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, string>> }[];
      }
    >
  >;
}

const actions = new Map(
  globSync(".github/actions/*/action.yml", { cwd: ROOT }).map((path) => [
    basename(dirname(path)),
    parse(readFileSync(join(ROOT, path), "utf8")) as Action,
  ]),
);

/** From the heading to the next of its kind. */
function section(name: string): string {
  return DOCS.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? assert.fail(`there is no section ${name}`);
}

/** The first cells of the first table whose head begins with `head`, and the second ones. */
function rowsOf(text: string, head: string): [string, string][] {
  const table = text.slice(text.indexOf(`| ${head} |`)).split("\n\n", 1)[0] ?? "";
  return [...table.matchAll(/^\| `([^`]+)` \| (?:`([^`]*)`|([^|]*?)) ?\|/gm)].map(([, name = "", code, words = ""]) => [
    name,
    code ?? words.trim(),
  ]);
}

describe("docs/ACTIONS.md", () => {
  it("has a section for each action", () => assert.deepEqual([...actions.keys()].sort(), ["policy", "proxy", "setup"]));

  for (const [name, { inputs, outputs }] of actions) {
    it(`names the inputs of ${name}, with their defaults`, () => {
      const expected = Object.entries(inputs).map(([input, { default: value, required }]) => [
        input,
        value ?? (required ? "required" : ""),
      ]);
      assert.deepEqual(rowsOf(section(name), "input"), expected);
    });

    it(`names the outputs of ${name}`, () =>
      assert.deepEqual(
        rowsOf(section(name), "output").map(([output]) => output),
        Object.keys(outputs),
      ));
  }

  const examples = [...DOCS.matchAll(/^```yaml\n(name: [\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it("has a workflow for setup and for proxy", () => {
    for (const name of ["setup", "proxy"])
      assert.ok(
        examples.some((text) => text.includes(`${OWN}${name}@SHA`)),
        name,
      );
  });

  for (const [index, text] of examples.entries())
    it(`has a workflow that asks for no more than it needs: ${index + 1}`, () => {
      const workflow: Workflow = parse(text);
      assert.ok(workflow.on);
      assert.deepEqual(workflow.permissions, {});
      for (const job of Object.values(workflow.jobs)) {
        assert.ok(job["timeout-minutes"] > 0);
        const publishes = text.includes(`${OWN}policy@`);
        if (!publishes) assert.deepEqual(job.permissions, { contents: "read" });
        for (const { uses, with: given = {} } of job.steps) {
          if (uses === undefined) continue;
          assert.match(uses, /^[\w.-]+\/[\w./-]+@SHA$/);
          if (uses.startsWith("actions/checkout@")) assert.equal(given["persist-credentials"], false);
          if (!uses.startsWith(OWN)) continue;
          const { inputs } = actions.get(uses.slice(OWN.length, -"@SHA".length)) ?? assert.fail(uses);
          for (const name of Object.keys(given)) assert.ok(Object.hasOwn(inputs, name), `${uses} has no ${name}`);
          for (const [name, { required }] of Object.entries(inputs)) assert.ok(!required || Object.hasOwn(given, name));
        }
      }
    });
});
