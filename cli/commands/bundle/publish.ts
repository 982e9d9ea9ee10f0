import { Args, Flags } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import { CordonCommand } from "../../command.ts";
import { also } from "../../flag-relations.ts";
import { paint } from "../../print.ts";
import { buildSuccessor, readAcceptedBundle } from "../../publish/build.ts";
import { publishTarget } from "../../publish/index.ts";
import { readForBundle, warnOfIneffective } from "../../publish/ineffective-approvals.ts";
import { type PublishOutcome, publishBundle, readSignedBundle } from "../../publish/publish.ts";
import { requireFeeds } from "../../repository.ts";
import { SIGNING_FLAGS, toSigning } from "../../signing-flags.ts";

export default class BundlePublish extends CordonCommand {
  static override summary = "Publish a signed bundle where proxies look for it.";
  static override description =
    `Sends the parts first and the signed file last. What was published already is not sent again, and an attempt that broke
off is taken up. A revision that goes back, that is another's, or that was not built on top of what is published is
refused. With --from, a policy repository is built and signed into OUT first: that is the whole way in one step.
Tokens are read from GITHUB_TOKEN (github:) and CORDON_BUNDLE_TOKEN (https:).`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> dist --to dir:/srv/policies",
    "<%= config.bin %> <%= command.id %> dist --to github:acme/policies --from . --trust trust.yaml",
  ];
  static override args = { out: Args.string({ description: "the directory of the signed bundle", required: true }) };
  static override flags = {
    to: Flags.string({ description: "dir:PATH, https://… or github:OWNER/REPO[@channel]", required: true }),
    from: Flags.string({ description: "build and sign this policy repository first", relationships: also("trust") }),
    trust: Flags.string({ description: "publish only what this trust policy accepts" }),
    keep: Flags.integer({ description: "how many releases of the channel stay (github:)", default: 30, min: 1 }),
    ...SIGNING_FLAGS,
  };

  async run(): Promise<{
    outcome: PublishOutcome;
    epoch: number;
    revision: number;
    digest: string;
    target: string;
    url: string | null;
  }> {
    const { args, flags } = await this.parse(BundlePublish);
    const target = publishTarget(flags.to, { keep: flags.keep });
    if (flags.from !== undefined && flags.trust !== undefined) {
      const { out } = args;
      const repository = await requireFeeds(flags.from, readForBundle);
      for (const line of warnOfIneffective(repository)) this.logToStderr(line);
      const [trust, signing, version] = [flags.trust, toSigning(flags), this.config.version];
      const { statement } = await buildSuccessor({ repository, out, target, trust, signing, version });
      this.log(`Built ${revisionOf(statement.predicate)} in ${out}, fresh until ${statement.predicate.expires}.`);
    }
    const bundle = await (flags.trust === undefined
      ? readSignedBundle(args.out)
      : readAcceptedBundle(args.out, flags.trust));
    const { epoch, revision, channel } = bundle.manifest;
    const { outcome, url } = await publishBundle(bundle, target, (name, what) => this.log(`  ${name}: ${what}`));
    const name = `${revisionOf(bundle.manifest)} of channel ${channel}`;
    if (outcome === "published") this.log(`${paint("green", "✓")} ${target.source.name} has ${name}`);
    else this.log(`${paint("green", "✓")} ${target.source.name} has ${name} already`);
    if (url) this.log(`  ${url}`);
    return { outcome, epoch, revision, digest: `sha256:${bundle.digest}`, target: target.source.name, url };
  }
}
