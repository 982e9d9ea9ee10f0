import { Flags } from "@oclif/core";
import { requireConfig } from "../../../core/config.ts";
import { CordonError, messageOf } from "../../../core/errors.ts";
import { createFetch } from "../../../core/http.ts";
import { readConfigFile } from "../../../core/policy/source.ts";
import type { Feed } from "../../../schemas/types/cordon.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { type PullResult, pullFeed } from "../../intel/pull.ts";
import { paint } from "../../print.ts";
import { progressLine } from "../../progress.ts";
import { snapshotDir } from "../../repository.ts";

interface Failure {
  readonly name: string;
  readonly error: { readonly code: string; readonly message: string; readonly next: string };
}

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

  async run(): Promise<{ feeds: readonly (PullResult | Failure)[] }> {
    const { args, flags } = await this.parse(IntelPull);
    const repository = repositoryDir(args, flags);
    const feeds = chooseFeeds(requireConfig(readConfigFile(repository)).feeds ?? [], flags.feed);
    if (feeds.length === 0) this.log("cordon.yaml names no feeds; only the repository's own advisories/ are used.");
    const fetch = createFetch();
    const results: (PullResult | Failure)[] = [];
    for (const feed of feeds) {
      const line = progressLine(feed.name, this.jsonEnabled());
      try {
        const context = {
          repository,
          dir: snapshotDir(repository, feed.name),
          fetch,
          now: () => new Date(),
          progress: line.update,
        };
        const result = await pullFeed(feed, context, flags.accept?.includes(feed.name) ?? false);
        line.clear();
        this.log(`${paint("green", "✓")} ${describeResult(result)}`);
        results.push(result);
      } catch (error) {
        line.clear();
        const failure = toFailure(feed, error);
        this.logToStderr(`${paint("red", "✗")} ${feed.name}: ${failure.error.message}\n  ${failure.error.next}`);
        results.push(failure);
        process.exitCode = 2;
      }
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

function toFailure({ name }: Feed, error: unknown): Failure {
  const failure =
    error instanceof CordonError ? error : new CordonError("FEED_MALFORMED", messageOf(error), { cause: error });
  return { name, error: { code: failure.code, message: failure.message, next: failure.next } };
}
