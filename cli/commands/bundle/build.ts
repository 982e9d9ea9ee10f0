import { Args, Flags } from "@oclif/core";
import type { Manifest } from "../../../schemas/types/manifest.ts";
import { buildInto, partsTable } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";
import { requireFeeds } from "../../repository.ts";

export default class BundleBuild extends CordonCommand {
  static override summary = "Compile a policy repository to a bundle.";
  static override description =
    `Writes the parts, content-addressed, and the statement that names them. The same commit and advisories give
the same part digests on every machine. The bundle is not trusted before it is signed.`;
  static override examples = ["<%= config.bin %> <%= command.id %> policies --out dist"];
  static override args = { dir: Args.string({ description: "the policy repository", default: "." }) };
  static override flags = {
    out: Flags.string({ description: "the directory to write to", required: true }),
    revision: Flags.integer({ description: "the revision's number; left out: one more than the bundle there", min: 1 }),
  };

  async run(): Promise<Manifest> {
    const { args, flags } = await this.parse(BundleBuild);
    const { out, revision } = flags;
    const { statement } = await buildInto(requireFeeds(args.dir), {
      out,
      revision,
      now: new Date(),
      version: this.config.version,
    });
    const manifest = statement.predicate;
    this.log(`Built revision ${manifest.revision} in ${out}, fresh until ${manifest.expires}.\n`);
    this.log(partsTable(manifest));
    this.log(`\nNext: cordon bundle sign ${out} --key cordon.key`);
    return manifest;
  }
}
