/**
 * A decision log on a disk of 64 KiB that fills up, and has room again: `MOUNT`, in a mount namespace of its own. Prints what
 * the log said of itself, and the numbers that are on record at the end, as one JSON object.
 */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DECISION_LOG } from "../../core/state.ts";
import { DECISION_LOG_DEFAULTS, openDecisionLog } from "../../proxy/decision-log.ts";
import { readNumbers, recordNumber } from "./decisions.ts";
import { until } from "./until.ts";

const [mount = ""] = process.argv.slice(2);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", mount]);
const path = join(mount, DECISION_LOG);
const log = await openDecisionLog(path, () => {}, {
  ...DECISION_LOG_DEFAULTS,
  maxBytes: 1024 ** 2,
  maxAgeMs: 3_600_000,
  keep: 10,
});
for (let number = 1; number <= 500; number++) recordNumber(log, number);
await until(() => log.failure() !== null);
const full = { failure: log.failure(), bytes: statSync(path).size, ...readNumbers(mount) };
execFileSync("mount", ["-o", "remount,size=64m", mount]);
await log.flushed();
const after = { failure: log.failure(), ...readNumbers(mount) };
await log.close();
console.log(JSON.stringify({ full, after }));
process.exit();
