import { existsSync } from "node:fs";
import { requireConfig } from "../../../core/config.ts";
import { readConfigFile } from "../../../core/policy/source.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { FeedSnapshot, type SnapshotProblem, type SnapshotStatus, snapshotDir } from "../../intel/snapshot.ts";
import { paint, table } from "../../print.ts";

interface FeedState {
  readonly name: string;
  readonly kind: string;
  readonly ageSeconds: number | null;
  readonly status: SnapshotStatus | null;
  readonly problems: readonly SnapshotProblem[];
  readonly notes: readonly SnapshotProblem[];
}

export default class IntelStatus extends CordonCommand {
  static override summary = "Show how old the feeds are, and what they hold.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --json",
  ];
  static override args = { dir: dirArg };
  static override flags = { dir: dirFlag };

  async run(): Promise<{ feeds: readonly FeedState[] }> {
    const { args, flags } = await this.parse(IntelStatus);
    const dir = repositoryDir(args, flags);
    const feeds = (requireConfig(readConfigFile(dir)).feeds ?? []).map(({ name, kind }) =>
      readState(name, kind, snapshotDir(dir, name)),
    );
    if (feeds.length === 0) this.log("cordon.yaml names no feeds.");
    else
      this.log(
        table([
          ["feed", "kind", "age", "records", "withdrawn", "packages", "newest"].map((head) => paint("bold", head)),
          ...feeds.map(toRow),
        ]),
      );
    for (const { name, problems, notes } of feeds) {
      for (const { path, message } of problems) this.log(`${paint("yellow", "!")} ${name}: ${path}: ${message}`);
      for (const { path, message } of notes) this.log(`${paint("dim", "note")} ${name}: ${path}: ${message}`);
    }
    return { feeds };
  }
}

function readState(name: string, kind: string, dir: string): FeedState {
  if (!existsSync(dir)) return { name, kind, ageSeconds: null, status: null, problems: [], notes: [] };
  const snapshot = new FeedSnapshot(dir);
  try {
    const status = snapshot.status() ?? null;
    const ageSeconds = status && Math.round((Date.now() - Date.parse(status.fetched)) / 1000);
    return { name, kind, ageSeconds, status, problems: snapshot.problems(), notes: snapshot.notes() };
  } finally {
    snapshot.close();
  }
}

function toRow({ name, kind, ageSeconds, status }: FeedState): string[] {
  if (!status || ageSeconds === null) return [name, kind, paint("yellow", "never pulled"), "", "", "", ""];
  return [
    name,
    kind,
    formatAge(ageSeconds),
    String(status.records),
    String(status.withdrawn),
    String(status.packages),
    status.newest ?? "",
  ];
}

function formatAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
