/** What a policy repository says of itself. Of what somebody typed only the repository's name stands in it. */
import { OWNERS_FILES } from "./owners.ts";
import { type InitSettings, releasesOf } from "./settings.ts";

export function readmeText(settings: InitSettings): string {
  const { forge, isTop, workflows } = settings;
  const isGitHub = forge === "github" && isTop;
  const rows: readonly (readonly [string, string] | false)[] = [
    ["`policies/`", "the rules, one policy a file"],
    ["`tests/`, `samples/`", "what the rules must say of which release, at a frozen time"],
    ["`lists/`", "packages that rules ask for by name: what is allowed, what is denied, and why"],
    ["`advisories/`", "advisories of our own, and a few to begin with, in the OSV format"],
    ["`approvals/`", "exceptions, one release a file, each with an end"],
    ["`cordon.yaml`", "settings: feeds of advisories, the proxy's address, how long a bundle is fresh"],
    ["`trust.yaml`", "who may sign bundles; proxies have a copy"],
    isGitHub &&
      workflows && ["`.github/workflows/`", "checks pull requests; builds, signs and publishes the bundle from `main`"],
    isTop && [`\`${OWNERS_FILES[forge]}\``, "who has to review what"],
    isGitHub && ["`.github/rulesets/main.json`", "rules for `main`, to import under *Settings, Rules, Rulesets*"],
    ["`.vscode/`", "has the editor check these files while they are written"],
  ];
  const table = rows.flatMap((row) => (row ? [`| ${row[0]} | ${row[1]} |`] : [])).join("\n");
  return `# Package policy

Which packages may be installed, and which may not: rules, their tests and their exceptions. A change here is a pull request; what is
merged becomes a signed bundle, and the proxies enforce it.

| where | what |
|---|---|
${table}

## To change a rule

\`\`\`sh
cordon policy lint                              # is every file what it should be?
cordon policy test                              # do the rules still say what the tests say?
cordon policy explain pkg:npm/left-pad@1.3.0    # every rule's answer to one release
cordon check pkg:npm/left-pad@1.3.0             # the decision, with what the registry says now
cordon dry-run ../some-project                  # what would happen to what a project installs
\`\`\`

Change the rule and its test together, run the first two, and open a pull request. \`cordon policy new --list\` shows policies to begin
with. What is only wanted for some packages belongs into a list, which has a reason for each entry.

## To ask for an exception

The page that a refused install links to gives the command:

\`\`\`sh
cordon quarantine request pkg:npm/left-pad@1.3.0 --reason "What it is needed for, and what was looked at."
\`\`\`

It opens a pull request with the evidence. A reviewer runs \`cordon quarantine approve\`, and merges. The exception holds for the files that it
names, until its end, from the next bundle on.

## To enforce it

\`\`\`sh
cordon proxy --bundle ${releasesOf(settings) ?? "SOURCE"} --trust trust.yaml
\`\`\`

The proxy takes no bundle but those that \`trust.yaml\` names the signer of. Give it a copy of that file which only its operator changes${
    forge === "github" ? ", and `GITHUB_TOKEN` with a token that reads this repository if it is private" : ""
  }.
`;
}
