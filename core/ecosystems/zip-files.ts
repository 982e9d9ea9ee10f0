/** Some files of a zip archive, as its central directory has them. */
import { unzipSync } from "fflate";
import { CordonError, messageOf } from "../errors.ts";
import { malformed } from "./malformed.ts";

export interface ZipLimits {
  /** Of the archive as it comes, which is held in memory. */
  readonly bytes: number;
  /** Of the files that are wanted, as they unpack. */
  readonly unpacked: number;
  readonly entries: number;
}

const DEFAULTS: ZipLimits = { bytes: 256 * 1024 * 1024, unpacked: 128 * 1024 * 1024, entries: 100_000 };

/**
 * Those that `wants` chooses, by path. One that stands there twice is refused: readers differ on which counts. Throws
 * ARCHIVE_MALFORMED with the reason alone, and what the source throws.
 */
export async function readZipFiles(
  archive: AsyncIterable<Uint8Array>,
  wants: (path: string) => boolean,
  limits: ZipLimits = DEFAULTS,
): Promise<ReadonlyMap<string, string>> {
  const bytes = await collect(archive, limits.bytes);
  const seen = new Set<string>();
  let left = limits.unpacked;
  const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (seen.has(name)) throw malformed(`it has ${JSON.stringify(name.slice(0, 80))} twice`);
    seen.add(name);
    if (seen.size > limits.entries) throw malformed("it has too many entries");
    if (!wants(name)) return false;
    left -= originalSize;
    if (left < 0) throw malformed("it unpacks to too much");
    return true;
  };
  const found = unzip(bytes, filter);
  return new Map(Object.entries(found).map(([path, content]) => [path, Buffer.from(content).toString("utf8")]));
}

function unzip(bytes: Uint8Array, filter: (file: { name: string; originalSize: number }) => boolean) {
  try {
    return unzipSync(bytes, { filter });
  } catch (cause) {
    if (cause instanceof CordonError) throw cause;
    throw malformed(`it cannot be unpacked (${messageOf(cause)})`, cause);
  }
}

async function collect(archive: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of archive) {
    length += chunk.length;
    if (length > maxBytes) throw malformed("it is too large to be read");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
