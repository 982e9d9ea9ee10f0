/** Who has to review what, in the place and in the form that each forge reads. */
import type { ForgeKind } from "../../core/forge.ts";
import type { SourceFile } from "../../core/source/files.ts";

export const OWNERS_FILES = {
  github: ".github/CODEOWNERS",
  gitea: ".gitea/CODEOWNERS",
  gitlab: ".gitlab/CODEOWNERS",
} as const satisfies Record<ForgeKind, string>;

/**
 * Everything, as each forge writes it; Gitea and Forgejo read regular expressions of whole paths. A list of what decides
 * would leave out places in which a forge also looks, and first: for owners in `/CODEOWNERS`, for workflows in `/.github/`.
 */
const EVERYTHING = { github: "*", gitea: ".*", gitlab: "*" } as const satisfies Record<ForgeKind, string>;

const LAST_COUNTS = `# Of the lines that match a file, the last counts. A part with owners of its own has one below:
# /approvals/npm/  @OWNER/TEAM`;
/** How a part gets other owners. */
const PARTS = {
  github: LAST_COUNTS,
  gitea: `# Of the lines that match a file, all count. A part that others review as well has one below:
# approvals/npm/.*  @OWNER/TEAM`,
  gitlab: LAST_COUNTS,
} as const satisfies Record<ForgeKind, string>;

export function ownersFile(forge: ForgeKind, owners: readonly string[]): SourceFile {
  const line = `${EVERYTHING[forge]}  ${owners.join(" ") || "@OWNER/TEAM"}`;
  const hint = "# Nobody yet: write a user or a team instead of @OWNER/TEAM, and take the `# ` away.";
  const lines = [
    "# Who has to review what: all of it, so that nobody else can add a workflow, or another file that names owners.",
    ...(owners.length > 0 ? [line] : [hint, `# ${line}`]),
    PARTS[forge],
  ];
  return { path: OWNERS_FILES[forge], text: `${lines.join("\n")}\n` };
}
