import { Args, Flags } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import { readTrust } from "../../../core/bundle/trust.ts";
import { floorOf, reverifyBundle, type VerifiedBundle, verifyFloor } from "../../../core/bundle/verify.ts";
import { CordonError } from "../../../core/errors.ts";
import { CordonCommand } from "../../command.ts";
import { also, never } from "../../flag-relations.ts";
import { paint } from "../../print.ts";
import { directoryTarget } from "../../publish/directory.ts";
import { type PolledStatus, pollNow } from "../../running-proxy.ts";
import { openTrustedBundle } from "../../trusted-bundle.ts";

interface Pulled {
  readonly epoch: number;
  readonly revision: number;
  readonly digest: string;
  readonly signer: string;
}

export default class BundlePull extends CordonCommand {
  static override summary = "Fetch a bundle, or make a running proxy fetch it now.";
  static override description =
    `With SOURCE: fetches, verifies as a proxy does, and writes the bundle to --out, which a proxy can then read as dir:OUT;
an older bundle never takes the place of a newer one. With --state: the proxy on that state directory looks for a new
bundle at once, and what came of it is told. Exits with 1 when the bundle is refused.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> github:acme/policies --trust trust.yaml --out mirror",
    "<%= config.bin %> <%= command.id %> --state /var/lib/cordon",
  ];
  static override args = { source: Args.string({ description: "dir:PATH, https://… or github:OWNER/REPO[@channel]" }) };
  static override flags = {
    trust: Flags.string({ description: "public key in PEM, or trust policy in YAML" }),
    out: Flags.string({ description: "the directory to write to", relationships: also("trust") }),
    state: Flags.string({
      description: "the state directory of a proxy on this machine",
      relationships: never("out", "trust"),
    }),
  };

  async run(): Promise<Pulled | PolledStatus> {
    const { args, flags } = await this.parse(BundlePull);
    if (flags.state !== undefined && args.source === undefined) return this.#poll(flags.state);
    if (args.source === undefined || flags.out === undefined || flags.trust === undefined || flags.state !== undefined)
      throw new CordonError("USAGE", "give either SOURCE with --trust and --out, or --state alone");
    return this.#pull(args.source, flags.trust, flags.out);
  }

  async #pull(from: string, trustFile: string, out: string): Promise<Pulled> {
    const { source, verified, offered } = await openTrustedBundle(from, trustFile);
    const { manifest, digest, signer } = verified;
    const blobs = new Map<string, Uint8Array>();
    for (const { gzip } of manifest.parts) blobs.set(gzip.sha256, await offered.readBlob(gzip.sha256, gzip.size));
    const readBlob = (sha256: string) => blobs.get(sha256) ?? new Uint8Array();
    await directoryTarget(out).publish(
      { manifest, digest, bytes: offered.bytes, readBlob },
      (there) => {
        const before = there && readTrusted(there, trustFile);
        if (before) verifyFloor(verified, floorOf(before));
      },
      (name, outcome) => this.log(`  ${name}: ${outcome === "sent" ? "fetched" : outcome}`),
    );
    this.log(`${paint("green", "✓")} ${out} has ${revisionOf(manifest)} from ${source}, signed by ${signer}`);
    return { epoch: manifest.epoch, revision: manifest.revision, digest: `sha256:${digest}`, signer };
  }

  async #poll(state: string): Promise<PolledStatus> {
    const polled = await pollNow(state);
    const { url, epoch, revision, error } = polled;
    const inForce =
      epoch === null || revision === null
        ? "no bundle in force"
        : `${revisionOf({ epoch, revision })} in force (${polled.state})`;
    if (error) {
      this.log(`${paint("red", "✗")} ${url}: ${inForce}; the poll failed: ${error.message}`);
      this.reportFindings();
    } else this.log(`${paint("green", "✓")} ${url}: ${inForce}`);
    return polled;
  }
}

/** What is there counts where it is by somebody who is trusted, as for a proxy; a signer of old does not. */
function readTrusted(bytes: Uint8Array, trustFile: string): VerifiedBundle | undefined {
  try {
    return reverifyBundle(bytes, readTrust(trustFile));
  } catch (error) {
    if (error instanceof CordonError && ["BUNDLE_SIGNATURE", "BUNDLE_IDENTITY"].includes(error.code)) return undefined;
    throw error;
  }
}
