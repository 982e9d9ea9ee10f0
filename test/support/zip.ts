/** ZIP archives with the entries that a test wants, honest or not. */
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the archive says that the entry unpacks to; left out: the truth. */
  readonly claimedSize?: number;
}

export function zip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, claimedSize } of entries) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const path = Buffer.from(name);
    const sizes = [crc32(bytes), packed.length, claimedSize ?? bytes.length];
    const local = header(0x04034b50, [
      [20, 2],
      [0, 2],
      [8, 2],
      [0, 2],
      [0x21, 2],
      ...sizes.map((size): Field => [size, 4]),
      [path.length, 2],
      [0, 2],
    ]);
    const central = header(0x02014b50, [
      [20, 2],
      [20, 2],
      [0, 2],
      [8, 2],
      [0, 2],
      [0x21, 2],
      ...sizes.map((size): Field => [size, 4]),
      [path.length, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 4],
      [offset, 4],
    ]);
    files.push(local, path, packed);
    directory.push(central, path);
    offset += local.length + path.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = header(0x06054b50, [
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [central.length, 4],
    [offset, 4],
    [0, 2],
  ]);
  return Buffer.concat([...files, central, end]);
}

type Field = readonly [value: number, bytes: 2 | 4];

function header(signature: number, fields: readonly Field[]): Buffer {
  const parts = [[signature, 4] as Field, ...fields].map(([value, size]) => {
    const part = Buffer.alloc(size);
    if (size === 2) part.writeUInt16LE(value);
    else part.writeUInt32LE(value >>> 0);
    return part;
  });
  return Buffer.concat(parts);
}
