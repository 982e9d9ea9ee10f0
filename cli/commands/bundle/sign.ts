import { Args } from "@oclif/core";
import { BUNDLE_FILE } from "../../../core/bundle/manifest.ts";
import { signInto } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";
import { SIGNING_FLAGS, toSigning } from "../../signing-flags.ts";

export default class BundleSign extends CordonCommand {
  static override summary = "Sign a built bundle.";
  static override description =
    `With --key: by that key. Without: by the identity of the CI run (GitHub Actions with \`id-token: write\`, Buildkite,
or a token in SIGSTORE_ID_TOKEN), which a Sigstore instance certifies and its log records. Neither key nor token is ever shown.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> dist --key cordon.key",
    "<%= config.bin %> <%= command.id %> dist",
    "<%= config.bin %> <%= command.id %> dist --fulcio https://fulcio.acme.example --rekor none --tsa https://tsa.acme.example",
  ];
  static override args = {
    out: Args.string({ description: "the directory that `bundle build` wrote", required: true }),
  };
  static override flags = SIGNING_FLAGS;

  async run(): Promise<{ signed: string }> {
    const { args, flags } = await this.parse(BundleSign);
    await signInto(args.out, toSigning(flags));
    const signed = `${args.out}/${BUNDLE_FILE}`;
    const trust = flags.key === undefined ? "trust.yaml" : "cordon.pub";
    this.log(`Signed ${signed}.\nNext: cordon bundle verify ${args.out} --trust ${trust}`);
    return { signed };
  }
}
