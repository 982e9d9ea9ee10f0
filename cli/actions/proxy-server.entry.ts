/** The process that the action `proxy` starts. What it is to do comes through a pipe. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { startFromFlags, stopped } from "../start-proxy.ts";
import { markStopped } from "./proxy-child.ts";
import { readHandover } from "./proxy-handover.ts";

try {
  const { flags, environment, sourceTokens } = await readHandover(process.stdin);
  Object.assign(process.env, environment);
  const proxy = await startFromFlags(
    // Clients in the job reach it where it listens, whatever address the config gives the proxy that it is made for.
    { ...flags, listen: "127.0.0.1:0" },
    { publicUrl: undefined, sourceEnvironment: { ...process.env, ...sourceTokens } },
  );
  await stopped(proxy);
  if (flags.state !== undefined) markStopped(flags.state);
} catch (error) {
  const next = error instanceof CordonError ? ` ${error.next}` : "";
  console.error(JSON.stringify({ level: "error", message: "not started", reason: `${messageOf(error)}.${next}` }));
  process.exitCode = 1;
}
