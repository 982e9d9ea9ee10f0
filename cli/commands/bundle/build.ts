import { Flags } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import { bundleSource } from "../../../core/bundle/sources/index.ts";
import type { Manifest } from "../../../schemas/types/manifest.ts";
import { buildInto, partsTable } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { also } from "../../flag-relations.ts";
import { readForBundle, warnOfIneffective } from "../../publish/ineffective-approvals.ts";
import { requireFeeds } from "../../repository.ts";
import { readPublishedBundle } from "../../trusted-bundle.ts";

export default class BundleBuild extends CordonCommand {
  static override summary = "Compile a policy repository to a bundle.";
  static override description =
    `Writes the parts, content-addressed, and the statement that names them. The same commit and advisories give
the same part digests on every machine. The bundle is not trusted before it is signed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> policies --out dist",
    "<%= config.bin %> <%= command.id %> --out dist --previous github:acme/policies --trust trust.yaml",
  ];
  static override args = { dir: dirArg };
  static override flags = {
    dir: dirFlag,
    out: Flags.string({ description: "the directory to write to", required: true }),
    revision: Flags.integer({
      description: "the revision's number [default: one more than the previous bundle's]",
      min: 1,
    }),
    previous: Flags.string({
      description: "where the bundle is published that this one follows [default: the one in --out]",
      relationships: also("trust"),
    }),
    trust: Flags.string({ description: "who may have signed the previous bundle", relationships: also("previous") }),
    "new-epoch": Flags.boolean({
      description: "count from revision 1 again, above every earlier revision: after one was taken far too high",
    }),
  };

  async run(): Promise<Manifest> {
    const { args, flags } = await this.parse(BundleBuild);
    const { out, revision, previous, trust } = flags;
    const repository = await requireFeeds(repositoryDir(args, flags), readForBundle);
    for (const line of warnOfIneffective(repository)) this.logToStderr(line);
    const { statement } = await buildInto(repository, {
      out,
      revision,
      ...(previous !== undefined &&
        trust !== undefined && { previous: (await readPublishedBundle(bundleSource(previous), trust)) ?? null }),
      isNewEpoch: flags["new-epoch"],
      now: new Date(),
      version: this.config.version,
    });
    const manifest = statement.predicate;
    this.log(`Built ${revisionOf(manifest)} in ${out}, fresh until ${manifest.expires}.\n`);
    this.log(partsTable(manifest));
    this.log(`\nNext: cordon bundle sign ${out} --key cordon.key`);
    return manifest;
  }
}
