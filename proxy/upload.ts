/** A request's body, taken as it comes. */
import { type Readable, Transform } from "node:stream";
import type { Context } from "koa";
import { CordonError } from "../core/errors.ts";

const HEAR_OUT_MS = 60_000;

/**
 * The stream fails with REQUEST_TOO_LARGE where more comes, and where the client leaves before the end. Who destroys it
 * lets the rest go by. Throws REQUEST_TOO_LARGE where more is announced, before any of it is asked for.
 */
export function openUpload(ctx: Context, maxBytes: number): Readable {
  const { req } = ctx;
  refuseAnnounced(ctx, maxBytes);
  inviteBody(ctx);
  let seen = 0;
  const upload = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  upload.on("error", () => {});
  req
    .on("error", () => {})
    .once("close", () => {
      if (!req.complete) upload.destroy(new Error("the client left"));
    });
  upload.once("close", () => {
    req.unpipe(upload);
    req.resume();
  });
  req.pipe(upload);
  return upload;
}

/**
 * Waits until all has come, wanted or not, or the client has left, or takes too long: where an answer ends the connection
 * before that, a client that is still sending does not hear it.
 */
export async function heardOut({ req }: Context): Promise<void> {
  if (req.complete || req.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, HEAR_OUT_MS);
    const heard = () => {
      clearTimeout(timer);
      resolve();
    };
    req.once("end", heard).once("close", heard);
  });
}

/** Throws REQUEST_TOO_LARGE. Before it is read: to stop in the middle is to cut the connection, and the client would not hear why. */
export function refuseAnnounced({ req }: Context, maxBytes: number): void {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** Sends 100 Continue to a client that waits for it (RFC 9110, 10.1.1); other clients are already sending. */
export function inviteBody({ req, res }: Context): void {
  if (/^100-continue$/i.test(req.headers.expect ?? "")) res.writeContinue();
}

export function tooLarge(maxBytes: number): CordonError {
  return new CordonError("REQUEST_TOO_LARGE", `the request's body is larger than the ${maxBytes} bytes allowed`);
}
