/**
 * Writes `dist/`, what GitHub runs of the actions: the entries of `cli/actions` with all that they import, for a runner
 * installs nothing. `--check` only says whether it is what the sources give; `--out DIR` writes them elsewhere.
 */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { writeGenerated } from "../../schemas/generated.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const out = process.argv.indexOf("--out");
const dist = out < 0 ? join(here, "dist") : resolve(process.argv[out + 1] ?? "");
/** Libraries in CommonJS ask for Node's own modules through `require`. */
const REQUIRE = 'import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);';

/** Of our own package.json nothing but the version, or each change of a script would change what is built. */
const versionOnly: Plugin = {
  name: "version-only",
  setup: ({ onLoad }) =>
    onLoad({ filter: /package\.json$/ }, ({ path }) => {
      if (relative(root, path) !== "package.json") return undefined;
      const { version } = JSON.parse(readFileSync(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    }),
};

/** The files of `dist/` by path. */
async function bundleEntries(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles, metafile } = await build({
    entryPoints: globSync("cli/actions/*.entry.ts", { cwd: root }).sort(),
    absWorkingDir: root,
    outdir: dist,
    entryNames: "[name]",
    chunkNames: "[hash]",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    legalComments: "none",
    banner: { js: REQUIRE },
    plugins: [versionOnly],
    logLevel: "warning",
    logOverride: { "import-is-undefined": "silent" },
    metafile: true,
    write: false,
  });
  const files = outputFiles.map(({ path, text }) => [path.replace(".entry.", "."), text] as const);
  return new Map([...files, [join(dist, "LICENSES.txt"), licences(metafile)]]);
}

/** The licence texts of what was bundled: most of them ask to be passed on. */
function licences({ inputs }: Metafile): string {
  const folders = new Set(
    Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file
      ? readFileSync(join(root, folder, file), "utf8")
          .replace(/\r\n/g, "\n")
          .trim()
      : "";
    return `${name} ${version} (${license})\n\n${text}`;
  });
  return `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

writeGenerated(await bundleEntries(), { command: "npm run actions", folder: dist });
