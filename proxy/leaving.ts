/** Clients that do not wait for their answers. */
import type { Context } from "koa";

/**
 * Aborts once the client has left, be it in the middle of its request or before the answer is whole; at once, where it left
 * before anybody asked.
 */
export function signalOfLeaving({ req, res }: Context): AbortSignal {
  const left = new AbortController();
  res.once("close", () => res.writableFinished || left.abort());
  req.once("close", () => req.complete || left.abort());
  if (res.destroyed) left.abort();
  return left.signal;
}
