import { Flags } from "@oclif/core";
import { writeKeyPair } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";

export default class BundleKeygen extends CordonCommand {
  static override summary = "Make a key pair to sign bundles with.";
  static override description =
    "Writes cordon.key, which stays with the signer, and cordon.pub, which proxies are told to trust.";
  static override examples = ["<%= config.bin %> <%= command.id %> --out keys"];
  static override flags = { out: Flags.string({ description: "the directory to write to", required: true }) };

  async run(): Promise<{ key: string; pub: string }> {
    const { flags } = await this.parse(BundleKeygen);
    const paths = writeKeyPair(flags.out);
    this.log(`Wrote ${paths.key} (keep it secret) and ${paths.pub} (give it to proxies with --trust).`);
    return paths;
  }
}
