import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Args, Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { CONFIG_FILE } from "../../../core/policy/source.ts";
import { writeWhole } from "../../../core/source/files.ts";
import { suggest } from "../../../core/words.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { paint, table } from "../../print.ts";
import { type Recipe, readRecipes, renameRecipe, schemaComment } from "../../templates.ts";

const POLICY_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export default class PolicyNew extends CordonCommand {
  static override summary = "Write a new policy and its tests from a recipe.";
  static override description =
    `Writes policies/NAME.yaml, tests/NAME.yaml and, where the recipe needs them, a list and a sample. They pass lint
and test as they are; change them to what you mean. Nothing is overwritten. docs/WRITING-POLICIES.md tells when to use which.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --list",
    "<%= config.bin %> <%= command.id %> our-licences --from licence-allow-list",
    "<%= config.bin %> <%= command.id %> our-names policies --from internal-names",
  ];
  static override args = {
    name: Args.string({ description: "the policy's name: lower-case letters, digits and hyphens" }),
    dir: dirArg,
  };
  static override flags = {
    dir: dirFlag,
    from: Flags.string({ description: "the recipe to begin with [default: the one named NAME, or else deny-list]" }),
    list: Flags.boolean({ description: "show the recipes" }),
  };

  async run(): Promise<{ written: string[] } | { recipes: Pick<Recipe, "name" | "title">[] }> {
    const { args, flags } = await this.parse(PolicyNew);
    const recipes = readRecipes(this.config.root);
    if (flags.list) {
      this.log(table(recipes.map(({ name, title }) => [paint("bold", name), title])));
      return { recipes: recipes.map(({ name, title }) => ({ name, title })) };
    }
    if (args.name === undefined)
      throw new CordonError("USAGE", "the policy needs a name: give NAME, or --list to see the recipes");
    const recipe = chooseRecipe(recipes, flags.from ?? recipeNamed(recipes, args.name));
    const dir = repositoryDir(args, flags);
    const written = this.#write(recipe, args.name, dir);
    const where = dir === "." ? "" : ` ${dir}`;
    this.log(`Wrote ${written.join(", ")}, from the recipe ${recipe.name}.`);
    this.log(`Change them to what you mean, then run: cordon policy lint${where} && cordon policy test${where}`);
    return { written };
  }

  /** All or none: what is there already is found before anything is written. */
  #write(recipe: Recipe, name: string, dir: string): string[] {
    if (!POLICY_NAME.test(name))
      throw new CordonError(
        "USAGE",
        `${JSON.stringify(name)} is no name of a policy: take at most 63 lower-case letters, digits and hyphens`,
      );
    if (existsSync(join(dir, "policies", CONFIG_FILE)))
      throw new CordonError("USAGE", `the policy repository is ${join(dir, "policies")}: give that as DIR`);
    const files = renameRecipe(recipe, name).map((file) => ({ ...file, target: join(dir, file.path) }));
    const taken = files.find(({ target }) => existsSync(target));
    if (taken) throw new CordonError("USAGE", `${taken.target} is there already: choose another name, or remove it`);
    for (const file of files) {
      mkdirSync(dirname(file.target), { recursive: true });
      writeWhole(file.target, schemaComment(this.config.root, dir, file) + file.text);
    }
    return files.map(({ target }) => target);
  }
}

/** Who types a recipe's name means that recipe, not a deny list that is called so. */
function recipeNamed(recipes: readonly Recipe[], name: string): string {
  return recipes.some((recipe) => recipe.name === name) ? name : "deny-list";
}

function chooseRecipe(recipes: readonly Recipe[], name: string): Recipe {
  const recipe = recipes.find((recipe) => recipe.name === name);
  if (recipe) return recipe;
  const names = recipes.map((recipe) => recipe.name);
  throw new CordonError("USAGE", `there is no recipe named ${name}${suggest(name, names)}; --list shows them`);
}
