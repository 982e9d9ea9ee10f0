/** A file on its way from the upstream to a client, checked against the digests that the listing names. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import type { UpstreamFile } from "../core/upstream.ts";

const IDLE_MS = 120_000;
/** What is kept to be served again: most files of most registries. */
const SMALL_BYTES = 1024 * 1024;

/**
 * Streams the file. The last chunk is held back until the digest is known to be right: bytes that are not the
 * listed file's never arrive as a complete answer. `keep` gets a small file whole, once it is known to be right. Throws
 * DIGEST_MISMATCH, UPSTREAM_*; by then the connection is closed.
 */
export async function streamFile(
  file: ReleaseFile,
  { body }: UpstreamFile,
  response: ServerResponse,
  keep: (bytes: Buffer) => void = () => {},
): Promise<void> {
  // A client that has gone: a pipeline into its response would throw where nobody can catch it.
  if (response.destroyed) {
    body.destroy();
    return;
  }
  // A client that takes nothing would hold a connection to the upstream for ever.
  response.setTimeout(IDLE_MS, () => response.destroy());
  await pipeline(body, verifying(file, keep), response);
}

/** Every digest that the listing names must agree: an approval, or a rule, may have relied on any of them. */
function verifying({ name, digests }: ReleaseFile, keep: (bytes: Buffer) => void): Transform {
  const hashes = Object.entries(digests).map(([algorithm, hex]) => ({ hash: createHash(algorithm), hex }));
  let held: Buffer | undefined;
  let chunks: Buffer[] | undefined = [];
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const { hash } of hashes) hash.update(chunk);
      length += chunk.length;
      if (length > SMALL_BYTES) chunks = undefined;
      chunks?.push(chunk);
      const ready = held;
      held = chunk;
      done(null, ready);
    },
    flush(done) {
      const agrees = hashes.length > 0 && hashes.every(({ hash, hex }) => hash.digest("hex") === hex);
      if (agrees) {
        if (chunks) keep(Buffer.concat(chunks));
        done(null, held);
      } else
        done(
          new CordonError("DIGEST_MISMATCH", `the bytes of ${name} are not those that the registry's metadata names`),
        );
    },
  });
}
