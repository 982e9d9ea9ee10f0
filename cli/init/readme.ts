/** The README of a new policy repository. Of the user's input it contains only the repository's name. */
import { OWNERS_FILES } from "./owners.ts";
import { type InitSettings, releasesOf } from "./settings.ts";

export function readmeText(settings: InitSettings): string {
  const { forge, isTop, workflows } = settings;
  const isGitHub = forge === "github" && isTop;
  const rows: readonly (readonly [string, string] | false)[] = [
    ["`policies/`", "the rules, one policy per file"],
    ["`tests/`, `samples/`", "the expected decisions on releases, at a frozen time"],
    ["`lists/`", "packages that rules look up by name: allowed or denied, and why"],
    ["`advisories/`", "our own advisories, and a few starter ones, in the OSV format"],
    ["`approvals/`", "exceptions, one release per file, each with an end date"],
    ["`cordon.yaml`", "settings: advisory feeds, the proxy's address, how long a bundle is fresh"],
    ["`trust.yaml`", "who may sign bundles; proxies have a copy"],
    isGitHub &&
      workflows && ["`.github/workflows/`", "checks pull requests; builds, signs and publishes the bundle from `main`"],
    isTop && [`\`${OWNERS_FILES[forge]}\``, "who must review what"],
    isGitHub && ["`.github/rulesets/main.json`", "rules for `main`, to import under *Settings, Rules, Rulesets*"],
    ["`.vscode/`", "editor settings that check these files while you write"],
  ];
  const table = rows.flatMap((row) => (row ? [`| ${row[0]} | ${row[1]} |`] : [])).join("\n");
  return `# Package policy

This repository decides which packages may be installed. It has rules, their tests and their exceptions. Every change is a pull request. After
the merge it becomes part of a signed bundle, and the proxies enforce it.

| where | what |
|---|---|
${table}

## To change a rule

\`\`\`sh
cordon policy lint                              # is every file valid?
cordon policy test                              # do the rules decide as the tests expect?
cordon policy explain pkg:npm/left-pad@1.3.0    # every rule's result for one release
cordon check pkg:npm/left-pad@1.3.0             # the decision, with the registry's current data
cordon dry-run ../some-project                  # the decision on everything a project installs
\`\`\`

Change the rule and its test together, run the first two commands, and open a pull request. \`cordon policy new --list\` shows policies to
start from. If a change concerns only some packages, put them in a list, with a reason for each entry.

## To ask for an exception

The page that a refused install links to gives the command:

\`\`\`sh
cordon quarantine request pkg:npm/left-pad@1.3.0 --reason "What it is needed for, and what was looked at."
\`\`\`

It opens a pull request with the evidence. A reviewer runs \`cordon quarantine approve\`, and merges. From the next bundle on, the exception
applies to the files that it names, until its end date.

## To enforce it

\`\`\`sh
cordon proxy --bundle ${releasesOf(settings) ?? "SOURCE"} --trust trust.yaml
\`\`\`

The proxy accepts only bundles from a signer in \`trust.yaml\`. Give it a copy of that file that only its operator can change.${
    forge === "github" ? " If this repository is private, set `GITHUB_TOKEN` to a token that can read it." : ""
  }
`;
}
