/** What is packed in a gzip file (RFC 1952), where all readers agree on what that is. */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CordonError, messageOf } from "../errors.ts";
import { malformed } from "./malformed.ts";

/**
 * The one member that a file may have (RFC 1952): of what stands behind it, some readers take another member, and some nothing.
 * Throws ARCHIVE_MALFORMED, and what the source throws; the source is read to its end, where it may say that its bytes are wrong.
 */
export async function* unpack(compressed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let failure: unknown;
  let [given, unpacked, end]: [number, number, Uint8Array] = [0, 0, new Uint8Array()];
  const counted = async function* () {
    for await (const chunk of compressed) {
      given += chunk.length;
      end = chunk.length < 4 ? Buffer.concat([end, chunk]).subarray(-4) : chunk.subarray(-4);
      yield chunk;
    }
  };
  const source = Readable.from(counted());
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  source.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  source.pipe(gunzip);
  try {
    for await (const chunk of gunzip) {
      unpacked += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    source.unpipe(gunzip);
    for await (const _ of source) throw malformed("something stands behind its end");
    // A member ends with how many bytes it holds: of two, the last holds fewer than all.
    const isOne = Buffer.from(end).readUInt32LE() === unpacked;
    if (given !== gunzip.bytesWritten || !isOne) throw malformed("something stands behind its end");
  } catch (cause) {
    if (failure) throw failure;
    if (cause instanceof CordonError) throw cause;
    throw malformed(`it cannot be unpacked (${messageOf(cause)})`, cause);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
