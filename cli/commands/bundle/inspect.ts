import { Args } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import { bundleSource } from "../../../core/bundle/sources/index.ts";
import { sha256 } from "../../../core/digest.ts";
import { CordonError } from "../../../core/errors.ts";
import type { Manifest } from "../../../schemas/types/manifest.ts";
import { parseUnverified, partsTable } from "../../bundle.ts";
import { CordonCommand } from "../../command.ts";

export default class BundleInspect extends CordonCommand {
  static override summary = "Show what a bundle says of itself.";
  static override description = "Nothing is verified: for that there is `bundle verify`.";
  static override examples = ["<%= config.bin %> <%= command.id %> dist"];
  static override args = { source: Args.string({ description: "dir:PATH", required: true }) };

  async run(): Promise<{ verified: false; digest: string; manifest: Manifest }> {
    const { args } = await this.parse(BundleInspect);
    const source = bundleSource(args.source);
    const polled = await source.poll(undefined);
    const found = parseUnverified(Buffer.from(polled?.bytes ?? []).toString("utf8"));
    if (!found) throw new CordonError("BUNDLE_MALFORMED", `${source.name} holds no bundle that can be read`);
    const { statement, manifest } = found;
    this.log(`${revisionOf(manifest)} of channel ${manifest.channel} (not verified)`);
    this.log(
      `  made ${manifest.created} by ${manifest.generator.name} ${manifest.generator.version}, fresh until ${manifest.expires}`,
    );
    this.log(
      `  from ${manifest.source.repository ?? "no repository named"} at ${manifest.source.commit ?? "no commit"}\n`,
    );
    this.log(partsTable(manifest));
    for (const { name, entries, newest } of manifest.feeds)
      this.log(`\nfeed ${name}: ${entries} records, newest ${newest ?? "none"}`);
    return { verified: false, digest: `sha256:${sha256(statement)}`, manifest };
  }
}
