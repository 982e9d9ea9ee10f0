/** The source of a policy repository: what is compiled, and what a bundle carries, so that both compile the same text. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../errors.ts";
import { isLink, listLinks, listStrays, readFolder, readTextWithin, type SourceFile } from "../source/files.ts";
import type { RuleHistory } from "./rule-origins.ts";

export interface PolicySource {
  readonly policies: readonly SourceFile[];
  readonly lists: readonly SourceFile[];
  readonly approvals: readonly SourceFile[];
  /** Left out where git was not asked. */
  readonly history?: RuleHistory;
}

const YAML_ENDINGS = [".yaml", ".yml"];
export const CONFIG_FILE = "cordon.yaml";

/** Reads `policies/`, `lists/` and `approvals/` of the repository in `dir`. Throws FILE_UNREADABLE where it is none. */
export function readPolicySource(dir: string): PolicySource {
  const inner = join(dir, "policies");
  if (existsSync(join(inner, CONFIG_FILE)) || existsSync(join(inner, "policies"))) {
    throw new CordonError("FILE_UNREADABLE", `${dir} is not a policy repository; did you mean ${inner}?`);
  }
  if (isLink(inner)) {
    throw new CordonError(
      "FILE_UNREADABLE",
      `${dir} is not a policy repository: its folder policies is a link, and links are not followed`,
      { next: "Name the repository that the link leads to, or put the folder itself in its place." },
    );
  }
  const source = {
    policies: readFolder(dir, "policies", YAML_ENDINGS),
    lists: readFolder(dir, "lists", YAML_ENDINGS),
    approvals: readFolder(dir, "approvals", YAML_ENDINGS),
  };
  if (source.policies.length === 0) {
    throw new CordonError("FILE_UNREADABLE", `${dir} is not a policy repository: it has no policies/*.yaml`, {
      next: "Run it in a policy repository, or name one with --dir. `cordon init` makes one.",
    });
  }
  return source;
}

/** Files that lie where policy is read from, and are not read: each might be a rule that somebody relies on. */
export function findStrays(dir: string): string[] {
  const folders = ["policies", "lists", "approvals"].flatMap((folder) => listStrays(dir, folder, YAML_ENDINGS));
  return [
    ...folders,
    ...["advisories", "tests"].flatMap((folder) => listLinks(dir, folder)),
    ...["cordon.yml", "Cordon.yaml"].filter(
      (name) => existsSync(join(dir, name)) && !existsSync(join(dir, CONFIG_FILE)),
    ),
  ];
}

/** The repository's `cordon.yaml`; undefined where it has none. Throws FILE_UNREADABLE where it lies elsewhere by a link. */
export function readConfigFile(dir: string): SourceFile | undefined {
  const path = join(dir, CONFIG_FILE);
  return existsSync(path) ? { path: CONFIG_FILE, text: readTextWithin(dir, CONFIG_FILE) } : undefined;
}

/** The repository's own tests. */
export function readTestFiles(dir: string): SourceFile[] {
  return readFolder(dir, "tests", YAML_ENDINGS);
}
