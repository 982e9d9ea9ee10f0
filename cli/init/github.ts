/** What GitHub reads of a policy repository, besides its owners: workflows, and the rules of its main branch. */
import type { SourceFile } from "../../core/source/files.ts";
import { usesOf } from "./action.ts";
import { BRANCH, channelSuffix, type InitSettings, releasesOf, UNKNOWN_REPOSITORY } from "./settings.ts";

const CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
const CACHE = "actions/cache@9255dc7a253b0ccc959486e2bca901246202afeb # v5.0.1";
const RUNNER = "ubuntu-24.04";
/** The job of policy.yml, by whose name the ruleset requires it. */
const CHECK = "policy";
/** The app of github.com that reports what Actions found. Another server numbers its apps itself. */
const ACTIONS_APP = 15368;

export const WORKFLOW_FILES = {
  check: ".github/workflows/policy.yml",
  publish: ".github/workflows/bundle.yml",
} as const;
export const RULESET_FILE = ".github/rulesets/main.json";

export function githubFiles(settings: InitSettings): SourceFile[] {
  const workflows = [
    { path: WORKFLOW_FILES.check, text: checkText(settings) },
    { path: WORKFLOW_FILES.publish, text: publishText(settings) },
  ];
  return [
    ...(settings.workflows ? workflows : []),
    { path: RULESET_FILE, text: `${JSON.stringify(rulesetOf(settings), null, 2)}\n` },
  ];
}

/** Both workflows pull feeds: whole the first time, and then what changed. */
const STEPS = `      - uses: ${CHECKOUT}
        with: { fetch-depth: 0, persist-credentials: false }
      - name: Feeds, as they were pulled last
        uses: ${CACHE}
        with: { path: .cordon/intel, key: "cordon-intel-\${{ github.run_id }}", restore-keys: cordon-intel- }
`;

function checkText({ action }: InitSettings): string {
  return `# Checks what a pull request changes: lint, and this repository's own tests.
name: policy
on:
  pull_request: { types: [opened, synchronize, reopened, edited] } # edited: its base may be another branch now
  merge_group: {} # a merge queue waits for the check as well
permissions: {}
concurrency: { group: "policy-\${{ github.ref }}", cancel-in-progress: true }
jobs:
  ${CHECK}: # the ruleset requires it by this name
    runs-on: ${RUNNER}
    timeout-minutes: 15
    permissions:
      contents: read
      pull-requests: write # for its one comment
    steps:
${STEPS}      - uses: ${usesOf(action)}
        with: { command: check }
`;
}

function publishText(settings: InitSettings): string {
  const inputs = { command: "publish", ...targetOf(settings), trust: "trust.yaml" };
  const values = Object.entries(inputs).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `# Builds the bundle that proxies enforce, signs it as this workflow, and publishes it as a release of this repository.
# trust.yaml names this file and its branch: who renames either becomes another signer. A signature without a key stands in
# the public log of Sigstore, with this repository's name.
name: bundle
on:
  push: { branches: [${BRANCH}] }
  schedule: [{ cron: "17 */6 * * *" }] # also when nothing has changed: proxies see that nobody holds a bundle back
  workflow_dispatch: {}
permissions: {}
concurrency: { group: policy-publish, cancel-in-progress: false }
jobs:
  publish:
    if: github.ref == 'refs/heads/${BRANCH}'
    runs-on: ${RUNNER}
    timeout-minutes: 15
    permissions:
      contents: write # for the release
      id-token: write # for the signature
    steps:
${STEPS}      - uses: ${usesOf(settings.action)}
        with: { ${values.join(", ")} }
`;
}

/** By its name, so that a fork publishes nowhere. Where it has none yet, the action's own default, which is the same. */
function targetOf(settings: InitSettings): { readonly to?: string } {
  const releases = releasesOf(settings);
  if (releases !== undefined) return { to: releases };
  const suffix = channelSuffix(settings.channel);
  return suffix === "" ? {} : { to: `github:${UNKNOWN_REPOSITORY}${suffix}` };
}

/** In the form that GitHub imports: of its API, \`POST /repos/{owner}/{repo}/rulesets\`. */
function rulesetOf({ repository, workflows }: InitSettings): object {
  const isPublic = repository === undefined || new URL(repository).hostname === "github.com";
  const checks = {
    type: "required_status_checks",
    parameters: {
      strict_required_status_checks_policy: true,
      do_not_enforce_on_create: false,
      required_status_checks: [{ context: CHECK, ...(isPublic && { integration_id: ACTIONS_APP }) }],
    },
  };
  return {
    name: BRANCH,
    target: "branch",
    enforcement: "active",
    bypass_actors: [],
    conditions: { ref_name: { include: [`refs/heads/${BRANCH}`], exclude: [] } },
    rules: [
      { type: "deletion" },
      { type: "non_fast_forward" },
      {
        type: "pull_request",
        parameters: {
          required_approving_review_count: 1,
          dismiss_stale_reviews_on_push: true,
          require_code_owner_review: true,
          require_last_push_approval: true,
          required_review_thread_resolution: false,
        },
      },
      ...(workflows ? [checks] : []),
    ],
  };
}
