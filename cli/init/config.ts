/** `cordon.yaml`, `trust.yaml` and what git leaves out. Values stand in quotes as JSON has them, which YAML reads alike. */
import { type ForgeKind, forgeRepository } from "../../core/forge.ts";
import type { SourceFile } from "../../core/source/files.ts";
import { SCHEMAS_FOLDER } from "./editor.ts";
import { BRANCH, DEFAULT_CHANNEL, type InitSettings, slugOf, UNKNOWN_REPOSITORY } from "./settings.ts";

/** Who vouches for what runs in GitHub Actions. */
const PUBLIC_ISSUER = "https://token.actions.githubusercontent.com";

const schemaLine = (name: string): string => `# yaml-language-server: $schema=${SCHEMAS_FOLDER}/${name}.schema.json\n`;

export function configFiles(settings: InitSettings): SourceFile[] {
  return [
    { path: "cordon.yaml", text: configText(settings) },
    { path: "trust.yaml", text: settings.forge === "github" ? identityText(settings) : keyText(settings) },
    {
      path: ".gitignore",
      text: "# What `cordon intel pull` and `cordon bundle build` make of this repository.\n.cordon/\ndist/\n",
    },
  ];
}

function configText({ repository, publicUrl, channel, forge }: InitSettings): string {
  const [address, proxy] = [repository, publicUrl].map((url) => (url === undefined ? undefined : JSON.stringify(url)));
  return `${schemaLine("cordon")}apiVersion: cordon/v1
kind: Cordon

# Where this repository lives. Refusals link to it, and requests for approvals are opened there.
${address === undefined ? "# repository: https://github.com/acme/policies" : `repository: ${address}`}
${forgeLine(repository, forge)}
# How clients reach the proxy. Refusals link to its pages.
${proxy === undefined ? "# publicUrl: https://packages.acme.example" : `publicUrl: ${proxy}`}

# The name of the stream of bundles that proxies follow.
channel: ${JSON.stringify(channel)}
# How long a bundle is fresh. One is published every six hours, so this is the time to notice that none comes any more.
lifetime: 168h
# The longest that an exception may last.
approvals: { maxDays: 90 }

# Advisories from elsewhere, besides those in advisories/. To use them, take the \`# \` away in front of \`feeds:\` and of the
# lines that you want; \`cordon intel pull\` fetches them. The first is malicious packages of every ecosystem.
# feeds:
#   - { name: ossf, kind: git, url: "https://github.com/ossf/malicious-packages", path: osv/malicious }
#   - { name: osv-npm, kind: osv-export, ecosystem: npm, url: "https://osv-vulnerabilities.storage.googleapis.com" }
#   - { name: osv-pypi, kind: osv-export, ecosystem: pypi, url: "https://osv-vulnerabilities.storage.googleapis.com" }
#   - { name: osv-cargo, kind: osv-export, ecosystem: cargo, url: "https://osv-vulnerabilities.storage.googleapis.com" }
#   - { name: osv-golang, kind: osv-export, ecosystem: golang, url: "https://osv-vulnerabilities.storage.googleapis.com" }
`;
}

/** Where the host does not tell which forge it is. */
function forgeLine(repository: string | undefined, kind: ForgeKind): string {
  const told = repository === undefined ? "github" : forgeRepository(repository)?.kind;
  return told === kind ? "" : `forge: { kind: ${kind} }\n`;
}

const TRUST_HEAD = `# Whose bundles count. \`cordon bundle publish --trust\` reads this file, and the operator of each proxy has a copy of it
# (\`cordon proxy --trust\`): a copy changes when its operator changes it, and never because a bundle says so.
`;

function channelLine(channel: string): string {
  return channel === DEFAULT_CHANNEL ? "" : `channel: ${JSON.stringify(channel)}\n`;
}

function identityText({ repository, channel }: InitSettings): string {
  const head = `${schemaLine("trust-policy")}${TRUST_HEAD}${channelLine(channel)}`;
  if (repository !== undefined) return `${head}${identitiesOf(repository)}`;
  const unknown = `https://github.com/${UNKNOWN_REPOSITORY}`;
  return `${head}# Until an identity stands here nobody is trusted: nothing is published, and no proxy starts. Write this repository's
# address instead of ${unknown}, and take the first \`# \` of each line below away.
${identitiesOf(unknown).replace(/^(?=.)/gm, "# ")}`;
}

function identitiesOf(page: string): string {
  // gh fills in those of the folder that it runs in.
  const slug = slugOf(page) ?? "{owner}/{repo}";
  const workflow = `${page}/.github/workflows/bundle.yml@refs/heads/${BRANCH}`;
  const issuer = issuerOf(new URL(page));
  return `identities:
${issuer === PUBLIC_ISSUER ? "" : OWN_ISSUER}  - issuer: ${JSON.stringify(issuer)}
    # The workflow that signs, whole: who renames its file, or the branch, becomes another signer.
    workflow: ${JSON.stringify(workflow)}
    ref: refs/heads/${BRANCH}
    runner: github-hosted
    # Two numbers that outlive a change of name, and whoever takes the old name over. They are in the answer of
    #   gh api 'repos/${slug}' --jq '{repositoryId: .id, ownerId: .owner.id}'
    # Write them here, in quotes, and take the \`# \` away.
    # repositoryId: "123456"
    # ownerId: "7890"
`;
}

const OWN_ISSUER = `  # The public Sigstore takes no tokens of this issuer: sign with an instance of your own, and name it below as \`sigstore\`,
  # or trust a key (\`keys\`) and give the action that.
`;

/** An Enterprise Server vouches itself, and so does each company's own part of the cloud. */
function issuerOf({ host, hostname }: URL): string {
  if (hostname === "github.com") return PUBLIC_ISSUER;
  return hostname.endsWith(".ghe.com") ? `https://token.actions.${host}` : `https://${host}/_services/token`;
}

function keyText({ channel }: InitSettings): string {
  return `${schemaLine("trust-policy")}${TRUST_HEAD}${channelLine(channel)}# Until a key stands here nobody is trusted: nothing is published, and no proxy starts. \`cordon bundle keygen --out ../keys\`
# makes a pair: the private one goes into the secrets of the CI and nowhere else, the public one (cordon.pub) here.
# keys:
#   - |
#     -----BEGIN PUBLIC KEY-----
#     …
#     -----END PUBLIC KEY-----
`;
}
