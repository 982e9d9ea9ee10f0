/** The process that the action `proxy` starts. Its one argument has the flags of `cordon proxy` as JSON. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { startFromFlags, stopped } from "../start-proxy.ts";
import { markStopped } from "./proxy-child.ts";

const flags = JSON.parse(process.argv[2] ?? "{}");
try {
  // Clients in the job reach it where it listens, whatever address the config gives the proxy that it is made for.
  const proxy = await startFromFlags({ ...flags, listen: "127.0.0.1:0" }, { publicUrl: undefined });
  await stopped(proxy);
  markStopped(flags.state);
} catch (error) {
  const next = error instanceof CordonError ? ` ${error.next}` : "";
  console.error(JSON.stringify({ level: "error", message: "not started", reason: `${messageOf(error)}.${next}` }));
  process.exitCode = 1;
}
