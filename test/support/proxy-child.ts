/**
 * A proxy in a process of its own: `BUNDLE_FOLDER TRUST_FILE STATE UPSTREAM`. Prints its address; then, for each line that
 * it is sent, what it has needed so far. Ends with its standard input.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { startProxy } from "../../proxy/server.ts";

const [bundle = "", trust = "", state = "", upstream = ""] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: 10 });
const proxy = await startProxy({
  bundle: `dir:${bundle}`,
  trust,
  state,
  listen: { host: "127.0.0.1", port: 0 },
  publicUrl: undefined,
  repository: null,
  upstreams: new Map([["npm", new URL(upstream)]]),
  pollSeconds: 3600,
  onExpired: "enforce",
  log: (level, message, fields) => {
    if (level !== "info") process.stderr.write(`${JSON.stringify({ level, message, ...fields }).slice(0, 500)}\n`);
  },
});
console.log(proxy.publicUrl);
delay.enable();
for await (const _line of createInterface({ input: process.stdin })) {
  const needed = { peakMB: Math.round(process.resourceUsage().maxRSS / 1024), heldMs: Math.round(delay.max / 1e6) };
  delay.reset();
  console.log(JSON.stringify(needed));
}
process.exit();
