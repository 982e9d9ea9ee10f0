import type { ReleaseId } from "../../core/purl.ts";

/** Reads one kind of file. Throws FILE_UNREADABLE with the place where it is not what it should be. */
export interface InventoryReader {
  readonly kind: string;
  /** The names of such files, in words. */
  readonly files: string;
  matches(filename: string): boolean;
  read(path: string, text: string): readonly ReleaseId[];
}
