import { Args, Flags } from "@oclif/core";
import { BUNDLE_FILE } from "../../../core/bundle/manifest.ts";
import { signInto } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";

export default class BundleSign extends CordonCommand {
  static override summary = "Sign a built bundle with a local key.";
  static override examples = ["<%= config.bin %> <%= command.id %> dist --key cordon.key"];
  static override args = {
    out: Args.string({ description: "the directory that `bundle build` wrote", required: true }),
  };
  static override flags = {
    key: Flags.string({ description: "private key in PEM (P-256 or ed25519)", required: true }),
  };

  async run(): Promise<{ signed: string }> {
    const { args, flags } = await this.parse(BundleSign);
    await signInto(args.out, flags.key);
    const signed = `${args.out}/${BUNDLE_FILE}`;
    this.log(`Signed ${signed}.\nNext: cordon bundle verify ${args.out} --trust cordon.pub`);
    return { signed };
  }
}
