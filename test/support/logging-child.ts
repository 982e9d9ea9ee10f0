/**
 * A process that records decisions until it is ended: `STATE FIRST_NUMBER`. Prints each number up to which all are on record;
 * at SIGTERM the last one that it has recorded, after the log is closed.
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { DECISION_LOG } from "../../core/state.ts";
import { DECISION_LOG_DEFAULTS, openDecisionLog } from "../../proxy/decision-log.ts";
import { recordNumber } from "./decisions.ts";

const [state = "", first = "1"] = process.argv.slice(2);
const log = await openDecisionLog(
  join(state, DECISION_LOG),
  // A line that is torn is what this is about; the rest must not come about.
  (level, message, fields) => {
    if (level === "error") process.stderr.write(`${JSON.stringify({ message, ...fields })}\n`);
  },
  { ...DECISION_LOG_DEFAULTS, maxBytes: 16 * 1024, maxAgeMs: 3_600_000, keep: 100_000 },
);
let isEnding = false;
process.once("SIGTERM", () => {
  isEnding = true;
});
let number = Number(first);
writeSync(1, `${number - 1}\n`);
while (!isEnding) {
  for (const last = number + 20; number < last; number++) recordNumber(log, number);
  if (number % 3 === 0) {
    await log.flushed();
    writeSync(1, `${number - 1}\n`);
  } else await setImmediate();
}
await log.close();
writeSync(1, `${number - 1}\n`);
process.exit();
