/** Who has to review what, in the place and in the form that each forge reads. */
import type { ForgeKind } from "../../core/forge.ts";
import type { SourceFile } from "../../core/source/files.ts";

export const OWNERS_FILES = {
  github: ".github/CODEOWNERS",
  gitea: ".gitea/CODEOWNERS",
  gitlab: ".gitlab/CODEOWNERS",
} as const satisfies Record<ForgeKind, string>;

/** What decides on what is installed, on any forge. */
const OWNED = ["policies/", "lists/", "approvals/", "advisories/", "cordon.yaml", "trust.yaml"];
/** The forge's own: whoever changes a pipeline can sign. */
const PIPELINES = {
  github: [".github/"],
  gitea: [".gitea/"],
  gitlab: [".gitlab/", ".gitlab-ci.yml"],
} as const satisfies Record<ForgeKind, readonly string[]>;

export function ownersFile(forge: ForgeKind, owners: readonly string[]): SourceFile {
  const patterns = [...OWNED, ...PIPELINES[forge]].map(forge === "gitea" ? toExpression : (path) => `/${path}`);
  const width = Math.max(...patterns.map((pattern) => pattern.length));
  const lines = patterns.map((pattern) => `${pattern.padEnd(width)}  ${owners.join(" ") || "@OWNER/TEAM"}`);
  const hint = "# Nobody yet: write a user or a team instead of @OWNER/TEAM, and take the `# ` away.";
  const body = owners.length > 0 ? lines : [hint, ...lines.map((line) => `# ${line}`)];
  return { path: OWNERS_FILES[forge], text: `# Who has to review what.\n${body.join("\n")}\n` };
}

/** Gitea and Forgejo read regular expressions of whole paths, in which a backslash has to be written twice. */
function toExpression(path: string): string {
  const literal = path.replaceAll(".", "\\\\.");
  return path.endsWith("/") ? `${literal}.*` : literal;
}
