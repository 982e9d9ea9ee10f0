/** The recipes of `policies/cookbook`, as files of a policy repository. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { readText, type SourceFile } from "../core/source/files.ts";
import { YamlFile } from "../core/source/yaml-file.ts";
import { SCHEMAS_FOLDER } from "./init/editor.ts";

export interface Recipe {
  readonly name: string;
  readonly title: string;
  /** As they lie in the recipe's folder. */
  readonly files: readonly SourceFile[];
}

/** Where a recipe's file goes, and the schema that an editor checks it by. */
const PLACES = {
  "policy.yaml": { folder: "policies", ending: "yaml", schema: "policy" },
  "list.yaml": { folder: "lists", ending: "yaml", schema: "package-list" },
  "tests.yaml": { folder: "tests", ending: "yaml", schema: "policy-test" },
  "packument.json": { folder: "samples", ending: "packument.json", schema: undefined },
} as const;
type PlacedName = keyof typeof PLACES;

/** `root` is Cordon's own folder. Sorted by name. */
export function readRecipes(root: string): Recipe[] {
  const cookbook = join(root, "policies", "cookbook");
  return readdirSync(cookbook, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readRecipe(cookbook, name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readRecipe(cookbook: string, name: string): Recipe {
  const files = Object.keys(PLACES)
    .filter((file) => existsSync(join(cookbook, name, file)))
    .map((path) => ({ path, text: readText(join(cookbook, name, path)) }));
  const { value } = new YamlFile(files.find(({ path }) => path === "policy.yaml") ?? { path: "policy.yaml", text: "" });
  const { metadata } = value as { metadata: { title: string } };
  return { name, title: metadata.title, files };
}

/** The recipe as a policy of another name: paths from the repository's top, and texts without schema comments. */
export function renameRecipe({ name: recipe, files }: Recipe, name: string): SourceFile[] {
  const [oldList, newList] = [listName(recipe), listName(name)];
  return files.map(({ path, text }) => {
    const { folder, ending } = PLACES[path as PlacedName];
    const renamed = text
      .replace(new RegExp(`^( {2}name: )(${recipe}|${oldList})$`, "m"), (_, before: string) =>
        before.concat(path === "list.yaml" ? newList : name),
      )
      .replace(new RegExp(`\\bpolicy: ${recipe}(?=[ ,}])`, "g"), `policy: ${name}`)
      .replace(`\n  policies: [${recipe}]\n`, () => `\n  policies: [${name}]\n`)
      .replace(new RegExp(`\\blists\\.${oldList}\\b`, "g"), `lists.${newList}`)
      .replaceAll(`samples/${recipe}.`, `samples/${name}.`);
    return { path: `${folder}/${name}.${ending}`, text: renamed };
  });
}

/** What rules write after `lists.` for the list of a policy: `denyList` for `deny-list`. */
function listName(policy: string): string {
  const name = policy.replace(/-+(.?)/g, (_, letter: string) => letter.toUpperCase());
  return /^[a-z]/.test(name) && name !== "constructor" ? name : `list${name}`;
}

/** The comment by which editors find the schema of a file of the repository in `dir`; none where it has no schema. */
export function schemaComment(root: string, dir: string, { path }: SourceFile): string {
  const schema = Object.values(PLACES).find(({ folder }) => path.startsWith(`${folder}/`))?.schema;
  if (schema === undefined) return "";
  // `cordon init` copies them: that is right for everybody who has the repository.
  const copy = `${SCHEMAS_FOLDER}/${schema}.schema.json`;
  if (existsSync(join(dir, copy)))
    return `# yaml-language-server: $schema=${"../".repeat(path.split("/").length - 1)}${copy}\n`;
  const file = join(root, "schemas", `${schema}.schema.json`);
  const [top, cordon] = [resolve(dir), resolve(root)];
  // A path that leads out of what is checked out together would be right on this machine only.
  const isTogether = `${top}${sep}`.startsWith(`${cordon}${sep}`) || cordon.startsWith(`${top}${sep}`);
  const location = isTogether
    ? relative(dirname(join(top, path)), file).replaceAll("\\", "/")
    : (JSON.parse(readText(file)) as { $id: string }).$id;
  return `# yaml-language-server: $schema=${location}\n`;
}
