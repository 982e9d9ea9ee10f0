import { Args, Flags } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import type { Manifest } from "../../../schemas/types/manifest.ts";
import { CordonCommand } from "../../command.ts";
import { paint } from "../../print.ts";
import { openTrustedBundle } from "../../trusted-bundle.ts";

export default class BundleVerify extends CordonCommand {
  static override summary = "Verify a bundle as a proxy does.";
  static override description =
    "Checks the signature against the trust policy, the manifest, its times, and every part. Exits with 1 when anything is wrong.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> dist --trust cordon.pub",
    "<%= config.bin %> <%= command.id %> dir:dist --trust trust.yaml --json",
  ];
  static override args = { source: Args.string({ description: "dir:PATH", required: true }) };
  static override flags = {
    trust: Flags.string({ description: "public key in PEM, or trust policy in YAML", required: true }),
  };

  async run(): Promise<{ verified: true; digest: string; signer: string; manifest: Manifest }> {
    const { args, flags } = await this.parse(BundleVerify);
    const { source, verified } = await openTrustedBundle(args.source, flags.trust);
    const { manifest, digest, signer } = verified;
    this.log(
      `${paint("green", "✓")} ${source} is ${revisionOf(manifest)} of channel ${manifest.channel}, signed by ${signer}`,
    );
    this.log(`  sha256:${digest}, made ${manifest.created}, fresh until ${manifest.expires}`);
    return { verified: true, digest: `sha256:${digest}`, signer, manifest };
  }
}
