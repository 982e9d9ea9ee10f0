import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runPolicyTest } from "../../cli/policy-test.ts";
import { readRepository } from "../../cli/repository.ts";
import { readRecipes, renameRecipe, schemaComment } from "../../cli/templates.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RECIPES = readRecipes(ROOT);

function filesOf(folder: Folder): string[] {
  return readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.path.length + 1))
    .sort();
}

describe("cordon policy new", () => {
  let folder: Folder;
  let first: CliRun;

  before(async () => {
    folder = makeFolder();
    first = await cordon("policy", "new", "our-ages", folder.path, "--from", "age-by-ecosystem", "--json");
  });
  after(() => folder.remove());

  it("writes a policy, its list, its tests and their sample, and names them", () => {
    const { written } = first.json() as { written: string[] };
    assert.equal(first.code, 0);
    assert.deepEqual(
      written.map((path) => path.slice(folder.path.length + 1)).sort(),
      ["lists", "policies", "samples", "tests"].map((place) =>
        place === "samples" ? "samples/our-ages.packument.json" : `${place}/our-ages.yaml`,
      ),
    );
    assert.ok(written.every((path) => existsSync(path)));
    assert.equal(filesOf(folder).length, 4);
  });

  it("begins each YAML file with the comment by which editors find its schema", () => {
    for (const [place, schema] of [
      ["policies", "policy"],
      ["lists", "package-list"],
      ["tests", "policy-test"],
    ]) {
      const [line] = readFileSync(join(folder.path, `${place}/our-ages.yaml`), "utf8").split("\n", 1);
      assert.match(
        line ?? "",
        new RegExp(`^# yaml-language-server: \\$schema=\\S+/schemas/${schema}\\.schema\\.json$`),
      );
    }
  });

  it("leaves a repository that passes lint and test", async () => {
    const [lint, test] = await Promise.all([
      cordon("policy", "lint", folder.path, "--json"),
      cordon("policy", "test", folder.path, "--json"),
    ]);
    assert.deepEqual([lint.code, lint.json()], [0, { policies: 1, diagnostics: [] }]);
    assert.equal(test.code, 0);
    assert.ok((test.json() as { passed: number }).passed > 3);
  });

  it("begins with a deny list where no recipe is named, and tells what to do next", async () => {
    const other = makeFolder();
    try {
      const { code, stdout } = await cordon("policy", "new", "no-old", other.path);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^Wrote \S+no-old\.yaml, .*, from the recipe deny-list\.\n.* cordon policy lint \S+ && cordon policy test \S+\n$/,
      );
      assert.match(readFileSync(join(other.path, "policies/no-old.yaml"), "utf8"), /in lists\.noOld\n/);
    } finally {
      other.remove();
    }
  });

  it("takes the recipe that the policy is named after", async () => {
    const other = makeFolder();
    try {
      const { stdout } = await cordon("policy", "new", "manifest-confusion", other.path);
      assert.match(stdout, /, from the recipe manifest-confusion\.\n/);
      assert.match(readFileSync(join(other.path, "policies/manifest-confusion.yaml"), "utf8"), /release\.file\./);
    } finally {
      other.remove();
    }
  });

  it("overwrites nothing, and then writes nothing", async () => {
    const other = makeFolder({ "tests/no-old.yaml": "mine" });
    try {
      const { code, stderr } = await cordon("policy", "new", "no-old", other.path);
      assert.equal(code, 2);
      assert.match(stderr, /^Error: \S+tests\/no-old\.yaml is there already: choose another name, or remove it\n/);
      assert.deepEqual(filesOf(other), ["tests/no-old.yaml"]);
    } finally {
      other.remove();
    }
  });

  it("lists the recipes", async () => {
    const [{ code, stdout }, asJson] = await Promise.all([
      cordon("policy", "new", "--list"),
      cordon("policy", "new", "--list", "--json"),
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /^licence-allow-list +Only licences that we may ship$/m);
    assert.deepEqual(asJson.json(), { recipes: RECIPES.map(({ name, title }) => ({ name, title })) });
  });

  const REFUSED: readonly [name: string, args: string[], stderr: RegExp][] = [
    ["no name", [], /^Error: the policy needs a name: give NAME, or --list to see the recipes\n/],
    [
      "a name that is none",
      ["../evil"],
      /^Error: "\.\.\/evil" is no name of a policy: take at most 63 lower-case letters/,
    ],
    [
      "an unknown recipe",
      ["mine", "--from", "licence-allowlist"],
      /^Error: there is no recipe named licence-allowlist; did you mean `licence-allow-list`\?; --list shows them\n/,
    ],
    ["the folder above the repository", ["mine", "."], /^Error: the policy repository is policies: give that as DIR\n/],
  ];
  for (const [name, args, expected] of REFUSED) {
    it(`exits with 2 and says what to do: ${name}`, async () => {
      const { code, stderr, stdout } = await cordon("policy", "new", ...args);
      assert.match(stderr, expected);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  }
});

describe("renameRecipe()", () => {
  for (const name of ["zz", "a", "1st-try", "constructor", "a--b-"]) {
    it(`gives files that lint and pass under the name ${name}`, async () => {
      for (const recipe of RECIPES) {
        const files = renameRecipe(recipe, name);
        const folder = makeFolder(Object.fromEntries(files.map(({ path, text }) => [path, text])));
        try {
          assert.deepEqual(await resultsOf(folder.path, name), [], recipe.name);
        } finally {
          folder.remove();
        }
      }
    });
  }

  it("gives tests that pass beside each other recipe, and beside all of them", async () => {
    const pairs = RECIPES.flatMap((one, index) => RECIPES.slice(index + 1).map((other) => [one, other]));
    for (const recipes of [...pairs, RECIPES]) {
      const files = recipes.flatMap((recipe) => renameRecipe(recipe, recipe.name));
      const folder = makeFolder(Object.fromEntries(files.map(({ path, text }) => [path, text])));
      try {
        const names = recipes.map(({ name }) => name);
        const results = await Promise.all(names.map((name) => resultsOf(folder.path, name)));
        assert.deepEqual(results.flat(), [], names.join(" + "));
      } finally {
        folder.remove();
      }
    }
  });

  it("gives tests that pass beside the default pack", async () => {
    for (const recipe of RECIPES) {
      const folder = makeFolder();
      try {
        for (const part of ["policies", "lists", "advisories"])
          cpSync(join(ROOT, "policies", part), join(folder.path, part), { recursive: true });
        for (const { path, text } of renameRecipe(recipe, "zz-mine")) folder.write(path, text);
        assert.deepEqual(await resultsOf(folder.path, "zz-mine"), [], recipe.name);
      } finally {
        folder.remove();
      }
    }
  });
});

describe("schemaComment()", () => {
  const policy = { path: "policies/x.yaml", text: "" };

  it("is a path within one checkout", () => {
    assert.equal(
      schemaComment(ROOT, join(ROOT, "policies"), policy),
      "# yaml-language-server: $schema=../../schemas/policy.schema.json\n",
    );
  });

  it("is the schema's own address elsewhere, where a path would be right on one machine only", () => {
    const { $id } = JSON.parse(readFileSync(join(ROOT, "schemas/policy.schema.json"), "utf8"));
    assert.equal(schemaComment(ROOT, "/somewhere/else", policy), `# yaml-language-server: $schema=${$id}\n`);
  });

  it("is none for a sample", () => {
    assert.equal(schemaComment(ROOT, "/somewhere/else", { path: "samples/x.packument.json", text: "" }), "");
  });
});

/** What lint and the tests of a policy have against it. */
async function resultsOf(dir: string, name: string): Promise<string[]> {
  const { rules, diagnostics } = await readRepository(dir);
  const path = `tests/${name}.yaml`;
  const run = runPolicyTest({ path, text: readFileSync(join(dir, path), "utf8") }, { rules, dir });
  return [
    ...[...diagnostics, ...run.diagnostics].map(({ message }) => message),
    ...run.results.flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`)),
  ];
}
