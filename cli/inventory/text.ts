/** The text of an inventory, bounded. */
import { readBytes } from "../../core/source/files.ts";
import { unreadable } from "./places.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** In UTF-8, or in UTF-16 with its mark, as shells of Windows write it. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readInventoryText(path: string): string {
  const bytes = readBytes(path, MAX_BYTES);
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isWide && bytes.subarray(0, 8192).includes(0)) throw unreadable(path, 1, 1, "it is no text");
  const encoding = bytes[0] === 0xfe && isWide ? "utf-16be" : isWide ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
