/** A file on its way from the upstream to a client, checked against the digest that the listing names. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { strongestDigest } from "../core/digest.ts";
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import type { UpstreamFile } from "../core/upstream.ts";

/**
 * Streams the file. The last chunk is held back until the digest is known to be right: bytes that are not the
 * listed file's never arrive as a complete answer. Throws DIGEST_MISMATCH, UPSTREAM_*; by then the connection is closed.
 */
export async function streamFile(file: ReleaseFile, { body }: UpstreamFile, response: ServerResponse): Promise<void> {
  // A client that has gone: a pipeline into its response would throw where nobody can catch it.
  if (response.destroyed) {
    body.destroy();
    return;
  }
  await pipeline(body, verifying(file), response);
}

function verifying({ name, digests }: ReleaseFile): Transform {
  const wanted = strongestDigest(digests);
  const hash = createHash(wanted?.algorithm ?? "sha512");
  let held: Buffer | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const ready = held;
      held = chunk;
      done(null, ready);
    },
    flush(done) {
      if (wanted && hash.digest("hex") === wanted.hex) done(null, held);
      else
        done(
          new CordonError("DIGEST_MISMATCH", `the bytes of ${name} are not those that the registry's metadata names`),
        );
    },
  });
}
