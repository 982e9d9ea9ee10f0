/** A request's body, taken as it comes. */
import { type Readable, Transform } from "node:stream";
import type { Context } from "koa";
import { CordonError } from "../core/errors.ts";

/**
 * The stream fails with REQUEST_TOO_LARGE where more comes, and where the client leaves before the end. Throws
 * REQUEST_TOO_LARGE where more is announced, before any of it is asked for.
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
  const cut = () => {
    if (!req.complete) upload.destroy(new Error("the client left"));
  };
  req.on("error", cut).once("close", cut);
  upload.once("close", () => {
    // Who is answered before the end is heard to the end: to stop is to cut the connection, and the answer would be lost.
    req.unpipe(upload);
    req.resume();
  });
  req.pipe(upload);
  return upload;
}

/** Throws REQUEST_TOO_LARGE. Before it is read: to stop in the middle is to cut the connection, and the client would not hear why. */
export function refuseAnnounced({ req }: Context, maxBytes: number): void {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** Lets a client go on that waits to be asked for the body (RFC 9110, 10.1.1). Others have begun to send it. */
export function inviteBody({ req, res }: Context): void {
  if (/^100-continue$/i.test(req.headers.expect ?? "")) res.writeContinue();
}

export function tooLarge(maxBytes: number): CordonError {
  return new CordonError("REQUEST_TOO_LARGE", `the request's body is larger than the ${maxBytes} bytes allowed`);
}
