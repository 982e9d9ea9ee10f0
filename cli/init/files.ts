/** All files of a new policy repository. */
import type { SourceFile } from "../../core/source/files.ts";
import { configFiles } from "./config.ts";
import { editorFiles, SCHEMAS } from "./editor.ts";
import { githubFiles } from "./github.ts";
import { ownersFile } from "./owners.ts";
import { readPack, readSchemas } from "./pack.ts";
import { readmeText } from "./readme.ts";
import type { InitSettings } from "./settings.ts";

/** Sorted by path. `root` is Cordon's own folder. */
export function filesOf(root: string, settings: InitSettings): SourceFile[] {
  const files = [
    ...configFiles(settings),
    ...readPack(root),
    ...editorFiles(),
    ...readSchemas(root, SCHEMAS),
    ...(settings.isTop ? [ownersFile(settings.forge, settings.owners)] : []),
    ...(settings.isTop && settings.forge === "github" ? githubFiles(settings) : []),
    { path: "approvals/.gitkeep", text: "" },
    { path: "README.md", text: readmeText(settings) },
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const ABOUT: Readonly<Record<string, string>> = {
  ".github": "workflows, owners, and rules for the main branch",
  ".gitea": "owners",
  ".gitignore": "what git leaves out",
  ".gitlab": "owners",
  ".vscode": "settings and schemas for editors",
  "README.md": "what is where, and how it is changed",
  advisories: "advisories to begin with",
  approvals: "exceptions, when there are any",
  "cordon.yaml": "settings",
  lists: "packages that are allowed or denied",
  policies: "the rules",
  samples: "what the tests read",
  tests: "tests of the rules",
  "trust.yaml": "who may sign bundles",
};

export interface Group {
  /** With a slash at the end where it is a folder. */
  readonly name: string;
  readonly files: number;
  readonly about: string;
}

/** What lies at the top of the repository, for an overview. */
export function groupFiles(paths: readonly string[]): Group[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const [top = "", ...rest] = path.split("/");
    const name = rest.length > 0 ? `${top}/` : top;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, files]) => ({ name, files, about: ABOUT[name.replace(/\/$/, "")] ?? "" }));
}
