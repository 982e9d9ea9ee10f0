import { Flags } from "@oclif/core";
import { requireConfig } from "../../../core/config.ts";
import { CordonError } from "../../../core/errors.ts";
import { readConfigFile } from "../../../core/policy/source.ts";
import type { Feed } from "../../../schemas/types/cordon.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { type PullFailure, type PullResult, tryPullFeed } from "../../intel/pull.ts";
import { paint } from "../../print.ts";
import { progressLine } from "../../progress.ts";

export default class IntelPull extends CordonCommand {
  static override summary = "Bring the feeds of a policy repository up to date.";
  static override description =
    `Pulls each feed of cordon.yaml, incrementally where the feed allows it, into .cordon/intel. A feed that fails
keeps its last good snapshot. Exits with 2 when one failed.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --feed ossf --accept ossf",
  ];
  static override args = { dir: dirArg };
  static override flags = {
    dir: dirFlag,
    feed: Flags.string({ description: "pull this feed only", multiple: true }),
    accept: Flags.string({
      description: "take this feed as it is, although it lost many records or went back in time",
      multiple: true,
    }),
  };

  async run(): Promise<{ feeds: readonly (PullResult | PullFailure)[] }> {
    const { args, flags } = await this.parse(IntelPull);
    const repository = repositoryDir(args, flags);
    const feeds = chooseFeeds(requireConfig(readConfigFile(repository)).feeds ?? [], flags.feed);
    if (feeds.length === 0) this.log("cordon.yaml names no feeds; only the repository's own advisories/ are used.");
    const results: (PullResult | PullFailure)[] = [];
    for (const feed of feeds) {
      const line = progressLine(feed.name, this.jsonEnabled());
      const result = await tryPullFeed(feed, repository, {
        progress: line.update,
        accept: flags.accept?.includes(feed.name) ?? false,
      });
      line.clear();
      if ("error" in result) {
        this.logToStderr(`${paint("red", "✗")} ${result.name}: ${result.error.message}\n  ${result.error.next}`);
        process.exitCode = 2;
      } else this.log(`${paint("green", "✓")} ${describeResult(result)}`);
      results.push(result);
    }
    return { feeds: results };
  }
}

/** Throws USAGE for a name that no feed has. */
function chooseFeeds(feeds: readonly Feed[], names: readonly string[] | undefined): readonly Feed[] {
  const unknown = names?.find((name) => !feeds.some((feed) => feed.name === name));
  if (unknown !== undefined)
    throw new CordonError(
      "USAGE",
      `cordon.yaml has no feed named ${unknown}; it has ${feeds.map(({ name }) => name).join(", ") || "none"}`,
    );
  return names ? feeds.filter(({ name }) => names.includes(name)) : feeds;
}

function describeResult({ name, changed, before, status }: PullResult): string {
  const difference = before ? status.records - before.records : status.records;
  const change = changed ? `${difference >= 0 ? "+" : ""}${difference}` : "unchanged";
  const problems =
    status.problems > 0
      ? `, ${paint("yellow", `${status.problems} could not be read (see \`cordon intel status\`)`)}`
      : "";
  return `${name}: ${status.records} records (${change}), ${status.withdrawn} withdrawn, ${status.packages} packages, newest ${status.newest ?? "none"}${problems}`;
}
