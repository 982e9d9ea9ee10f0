import { Flags } from "@oclif/core";
import { revisionOf } from "../../core/bundle/manifest.ts";
import { DEFAULT_STATE } from "../../core/state.ts";
import { CordonCommand } from "../command.ts";
import { DEFAULT_LISTEN, type RunningProxy, startFromFlags, stopped } from "../start-proxy.ts";

export default class StartProxy extends CordonCommand {
  static override summary = "Start the proxy.";
  static override description =
    `Verifies the bundle against the trust policy and enforces it between package managers and their registries.
Runs until it gets SIGINT or SIGTERM; then requests under way are finished. SIGHUP makes it look for a new bundle at
once. Without a verified bundle it answers 503.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --bundle dir:dist --trust cordon.pub",
    "<%= config.bin %> <%= command.id %> --config cordon.yaml --listen 0.0.0.0:4873 --public-url https://packages.acme.example",
  ];
  static override flags = {
    bundle: Flags.string({
      description: "where the bundle comes from: dir:PATH, https://…, or github:OWNER/REPO[@channel]",
    }),
    trust: Flags.string({ description: "public key in PEM, or trust policy in YAML" }),
    listen: Flags.string({ description: `HOST:PORT [default: ${DEFAULT_LISTEN}]` }),
    state: Flags.string({
      description: `directory for the last known good bundle and the decision log [default: ${DEFAULT_STATE}]`,
    }),
    upstream: Flags.string({
      description: "the registry of an ecosystem: npm=https://…",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "public-url": Flags.string({ description: "how clients reach the proxy" }),
    config: Flags.string({ description: "a cordon.yaml with any of these; flags stand before it" }),
  };

  async run(): Promise<{ publicUrl: string }> {
    const { flags } = await this.parse(StartProxy);
    // From the beginning: without a handler the signal would end the process.
    let proxy: RunningProxy | undefined;
    process.on("SIGHUP", () => void proxy?.lifecycle.poll());
    proxy = await startFromFlags(flags);
    const { state: bundleState, epoch, revision, lastPoll } = proxy.lifecycle.status();
    this.log(
      epoch === null || revision === null
        ? `No bundle in force: ${lastPoll?.error?.message ?? bundleState}`
        : `Enforcing ${revisionOf({ epoch, revision })} (${bundleState}).`,
    );
    this.log(
      `Listening at ${proxy.publicUrl}; npm's registry is ${proxy.publicUrl}/npm/. Decisions go to ${proxy.decisionLog}.`,
    );
    this.log(
      `Python's index is ${proxy.publicUrl}/pypi/simple/, Rust's ${proxy.publicUrl}/cargo/ (sparse), and Go's module proxy ${proxy.publicUrl}/go.`,
    );
    await stopped(proxy);
    return { publicUrl: proxy.publicUrl };
  }
}
