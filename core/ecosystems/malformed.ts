import { CordonError } from "../errors.ts";

/** ARCHIVE_MALFORMED with the reason alone: whoever reads the archive says what for. */
export function malformed(why: string, cause?: unknown): CordonError {
  return new CordonError("ARCHIVE_MALFORMED", why, { cause });
}
