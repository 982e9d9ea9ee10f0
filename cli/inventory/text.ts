/** The text of an inventory, bounded. */
import { readBytes } from "../../core/source/files.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readInventoryText(path: string): string {
  return Buffer.from(readBytes(path, MAX_BYTES)).toString("utf8");
}
