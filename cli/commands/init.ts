import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { Flags } from "@oclif/core";
import { CordonError } from "../../core/errors.ts";
import { CONFIG_FILE } from "../../core/policy/source.ts";
import { shellWord } from "../../core/words.ts";
import { CordonCommand } from "../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../dir.ts";
import { remoteOf } from "../git/branches.ts";
import { beginRepository, commitFiles, isAuthorKnown, type WorkTree, workTreeOf } from "../git/first-commit.ts";
import { findAction } from "../init/action.ts";
import { filesOf, groupFiles } from "../init/files.ts";
import { nextSteps, type Step } from "../init/next.ts";
import { type Placement, planFiles, writeFiles } from "../init/place.ts";
import { isAttended, openTerminal } from "../init/questions.ts";
import { BRANCH, FORGES, type InitSettings } from "../init/settings.ts";
import { OWN_CI, settle } from "../init/settle.ts";
import { count, paint, table } from "../print.ts";

interface InitResult {
  readonly dir: string;
  readonly written: readonly string[];
  readonly kept: readonly string[];
  readonly unchanged: readonly string[];
  readonly commit: string | null;
  /** What else there is to know. */
  readonly notes: readonly string[];
  readonly next: readonly string[];
}

const MESSAGE = "Begin the package policy";

export default class Init extends CordonCommand {
  static override summary = "Write a policy repository to begin with.";
  static override description = `Writes settings, Cordon's default policies with their tests, workflows that
check pull requests and publish the signed bundle, CODEOWNERS, rules for the
main branch, and settings for editors; then commits it. What it writes passes
policy lint and policy test.

Nothing that exists is overwritten: such files are named, and left as they
are. A folder that has a cordon.yaml is a policy repository already.

On a terminal it asks for what no flag says. Nothing is asked of a network.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> policies",
    "<%= config.bin %> <%= command.id %> --repository https://github.com/acme/policies --owners @acme/security --yes",
    "<%= config.bin %> <%= command.id %> --dry-run",
  ];
  static override args = { dir: dirArg };
  static override flags = {
    dir: dirFlag,
    repository: Flags.string({ description: "where the repository will live [default: the remote `origin`]" }),
    forge: Flags.string({ description: "the forge, where the host's name does not tell it", options: [...FORGES] }),
    "public-url": Flags.string({ description: "how clients will reach the proxy" }),
    channel: Flags.string({ description: "the channel of bundles [default: stable]" }),
    owners: Flags.string({
      description: "who reviews changes, such as @acme/security",
      multiple: true,
      multipleNonGreedy: true,
    }),
    action: Flags.string({
      description: "address of Cordon's action, as OWNER/REPO@REF [default: this Cordon's own repository and commit]",
    }),
    workflows: Flags.boolean({ description: "write workflows [default: yes]", allowNo: true }),
    commit: Flags.boolean({ description: "commit what is written [default: yes]", allowNo: true }),
    yes: Flags.boolean({ char: "y", description: "ask nothing, and take the defaults" }),
    "dry-run": Flags.boolean({ description: "list what would be written, and write nothing" }),
  };

  async run(): Promise<InitResult> {
    const { args, flags } = await this.parse(Init);
    const dir = repositoryDir(args, flags);
    const tree = await workTreeOf(dir);
    const origin = tree && (await remoteOf(tree.top));
    const isTop = tree === undefined || (existsSync(dir) && realpathSync(dir) === realpathSync(tree.top));
    requireNew(dir);
    const { root, version, pjson } = this.config;
    // Where there is one already, no answer could change that.
    const isAsked = !flags.yes && !this.jsonEnabled() && !existsSync(join(dir, CONFIG_FILE)) && isAttended();
    const terminal = isAsked ? openTerminal() : undefined;
    const given = { ...flags, publicUrl: flags["public-url"] };
    const action = await findAction({ root, version, manifest: pjson });
    const settings = await settle(given, { origin, isTop, action, terminal }).finally(() => terminal?.close());
    const plan = planFiles(dir, filesOf(root, settings));
    if (plan.kept.includes(CONFIG_FILE)) throw alreadyThere(dir, CONFIG_FILE);
    const notes = notesOn(settings, { tree, kept: plan.kept, workflows: flags.workflows });
    if (flags["dry-run"]) return this.#report(dir, plan, { notes, commit: null, next: [] }, "Would write");
    writeFiles(dir, plan.write);
    const commit = settings.commit ? await this.#commit(dir, plan, tree, notes) : null;
    const next = nextSteps({
      settings,
      hasRepository: tree !== undefined || existsSync(join(dir, ".git")),
      isCommitted: commit !== null || plan.write.length === 0,
      hasOrigin: origin !== undefined,
      branch: tree?.branch,
      kept: plan.kept,
    });
    return this.#report(dir, plan, { notes, commit, next }, "Wrote");
  }

  /** What was written stays where it cannot be committed. */
  async #commit(dir: string, plan: Placement, tree: WorkTree | undefined, notes: string[]): Promise<string | null> {
    if (plan.write.length === 0) return null;
    const paths = plan.write.map(({ path }) => path);
    try {
      if (!tree) await beginRepository(dir, BRANCH);
      if (!(await isAuthorKnown(dir))) {
        notes.push(
          "Nothing was committed: git does not know who you are. Set user.name and user.email with git config.",
        );
        return null;
      }
      const made = await commitFiles(dir, paths, MESSAGE);
      const ignored = made ? made.ignored : paths;
      if (ignored.length > 0) notes.push(`Not committed, because git ignores it here: ${ignored.join(", ")}`);
      return made?.commit ?? null;
    } catch (error) {
      if (!(error instanceof CordonError)) throw error;
      notes.push(`Nothing was committed: ${error.message}`);
      this.reportFailure();
      return null;
    }
  }

  #report(
    dir: string,
    { write, kept, unchanged }: Placement,
    { notes, commit, next }: { notes: string[]; commit: string | null; next: readonly Step[] },
    verb: "Wrote" | "Would write",
  ): InitResult {
    const written = write.map(({ path }) => path);
    if (written.length === 0) this.log(`Nothing to write: everything is in ${dir} already.`);
    else {
      this.log(`${verb} ${count(written.length, "file")} to ${dir}:`);
      const rows = groupFiles(written).map(({ name, files, about }) => [
        `  ${paint("bold", name)}`,
        name.endsWith("/") ? count(files, "file") : "",
        about,
      ]);
      this.log(table(rows));
    }
    if (kept.length > 0) this.log(`Left as they are, because they were there: ${kept.join(", ")}`);
    if (commit !== null) this.log(`Committed as ${commit.slice(0, 12)}.`);
    for (const note of notes) this.log(`${paint("yellow", "!")} ${note}`);
    if (next.length > 0) this.log(`\nNext${dir === "." ? "" : `, in ${shellWord(dir)}`}:`);
    for (const [index, { text, command }] of next.entries())
      this.log(`  ${index + 1}. ${text}:\n     ${paint("cyan", command)}`);
    return {
      dir,
      written,
      kept,
      unchanged,
      commit,
      notes,
      next: next.map(({ text, command }) => `${text}: ${command}`),
    };
  }
}

/** Throws USAGE where there is a policy repository under another name, which one more would hide. */
function requireNew(dir: string): void {
  for (const path of ["cordon.yml", "Cordon.yaml", join("policies", CONFIG_FILE)])
    if (existsSync(join(dir, path)) && !existsSync(join(dir, CONFIG_FILE))) throw alreadyThere(dir, path);
}

function alreadyThere(dir: string, path: string): CordonError {
  return new CordonError("USAGE", `there is a policy repository already: ${join(dir, path)}`, {
    next: "To begin anew give an empty folder. To add a policy to the one that there is, run `cordon policy new --list`.",
  });
}

interface Circumstances {
  readonly tree: WorkTree | undefined;
  readonly kept: readonly string[];
  readonly workflows: boolean | undefined;
}

function notesOn({ isTop, forge }: InitSettings, { tree, kept, workflows }: Circumstances): string[] {
  const notes: string[] = [];
  if (!isTop && tree && workflows !== false)
    notes.push(
      `This folder lies in the repository ${tree.top}, and a forge reads workflows and owners at its top only: none were written. ` +
        "For a repository of its own run `git init` here first.",
    );
  if (isTop && forge !== "github" && workflows === undefined)
    notes.push(`There are no workflows for ${forge} to write. ${OWN_CI}`);
  if (isTop && forge === "github" && tree?.branch !== undefined && tree.branch !== BRANCH)
    notes.push(`The branch here is ${tree.branch}; what was written is for ${BRANCH}.`);
  if (kept.includes(".gitignore")) notes.push("See to it that .gitignore has .cordon/ and dist/: they are made anew.");
  return notes;
}
