/** The three things to do with a new policy repository, by what is still missing. */
import { shellWord } from "../../core/words.ts";
import { RULESET_FILE, WORKFLOW_FILES } from "./github.ts";
import { OWNERS_FILES } from "./owners.ts";
import { BRANCH, DEFAULT_CHANNEL, type InitSettings, releasesOf, slugOf } from "./settings.ts";

export interface Standing {
  readonly settings: InitSettings;
  /** Whether git has a repository there, has all that was written, and knows where to push to. */
  readonly hasRepository: boolean;
  readonly isCommitted: boolean;
  readonly hasOrigin: boolean;
  /** The branch that is checked out, if there was one before. */
  readonly branch?: string | undefined;
  /** What was left as it was: nothing is to be filled in there. */
  readonly kept: readonly string[];
}

export interface Step {
  readonly text: string;
  /** For a shell in the repository's folder. */
  readonly command: string;
}

export function nextSteps(standing: Standing): [Step, Step, Step] {
  return [pushStep(standing), protectStep(standing), enforceStep(standing)];
}

function pushStep(standing: Standing): Step {
  const { settings, hasRepository, isCommitted, hasOrigin, branch = BRANCH } = standing;
  const gaps = gapsOf(standing);
  const commands = [
    !hasRepository && `git init -b ${BRANCH}`,
    !isCommitted && "git add . && git commit -m 'Begin the package policy'",
    isCommitted && gaps.length > 0 && "git commit -a -m 'Fill in the package policy'",
    !hasOrigin && `git remote add origin ${settings.repository === undefined ? "URL" : shellWord(settings.repository)}`,
    `git push -u origin ${branch === BRANCH ? BRANCH : `HEAD:${BRANCH}`}`,
  ];
  const push = isCommitted ? "Push it" : "Commit and push it";
  return {
    text: gaps.length > 0 ? `Fill in ${listed(gaps)}. Then commit and push it` : push,
    command: commands.filter((command) => command !== false).join(" && "),
  };
}

/** What stands there as a placeholder, with its files. */
function gapsOf({ settings, kept }: Standing): string[] {
  const { repository, owners, action, forge, isTop, workflows, channel } = settings;
  const isGitHub = forge === "github";
  const hasWorkflows = isGitHub && isTop && workflows;
  const gaps: [isThere: boolean, what: string, files: readonly (string | false)[]][] = [
    [isGitHub, "the public key", ["trust.yaml"]],
    [
      repository !== undefined,
      "the repository's address",
      ["cordon.yaml", hasWorkflows && channel !== DEFAULT_CHANNEL && WORKFLOW_FILES.publish],
    ],
    [!isGitHub || repository !== undefined, "who may sign", ["trust.yaml"]],
    [owners.length > 0 || !isTop, "the owners", [OWNERS_FILES[forge]]],
    [
      !hasWorkflows || (action.repository !== undefined && action.ref !== undefined),
      "the address of Cordon's action",
      [WORKFLOW_FILES.check, WORKFLOW_FILES.publish],
    ],
  ];
  return gaps.flatMap(([isThere, what, files]) => {
    const places = files.filter((file): file is string => file !== false && !kept.includes(file));
    return isThere || places.length === 0 ? [] : [`${what} in ${listed(places)}`];
  });
}

function protectStep({ settings, kept }: Standing): Step {
  const { repository, forge, isTop } = settings;
  if (forge !== "github" || !isTop)
    return {
      text: `Protect ${BRANCH} on the forge: no direct pushes, a review of each change, and these required`,
      command: "cordon policy lint && cordon policy test",
    };
  // gh fills in those of the folder that it runs in.
  const slug = (repository && slugOf(repository)) ?? "{owner}/{repo}";
  const page = repository === undefined ? "Settings, Rules, Rulesets" : `${repository}/settings/rules`;
  const ways = `by a command or by importing ${RULESET_FILE} at ${page}`;
  return {
    text: kept.includes("trust.yaml")
      ? `Protect ${BRANCH}, ${ways}`
      : `Add the two numbers that trust.yaml asks for, and push. Then protect ${BRANCH}, ${ways}`,
    command: `gh api --method POST ${shellWord(`repos/${slug}/rulesets`)} --input ${RULESET_FILE}`,
  };
}

function enforceStep({ settings }: Standing): Step {
  const { isTop, workflows, publicUrl } = settings;
  const releases = releasesOf(settings);
  if (!isTop || !workflows || releases === undefined)
    return { text: "Read what the rules say, and try them", command: "cordon policy test --coverage" };
  const url = publicUrl === undefined ? "" : ` --public-url ${shellWord(publicUrl)}`;
  return {
    text: "Once the workflow has published a bundle, start a proxy",
    command: `cordon proxy --bundle ${releases} --trust trust.yaml${url}`,
  };
}

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
