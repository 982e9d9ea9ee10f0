/** JSON with comments and with commas at the end of lists, as people and bun write it. */

const [QUOTE, BACKSLASH, SLASH, STAR, COMMA] = [0x22, 0x5c, 0x2f, 0x2a, 0x2c];
const [LINE_FEED, SPACE] = [0x0a, 0x20];
const CLOSING: ReadonlySet<number | undefined> = new Set([0x5d, 0x7d]);
const BLANK: ReadonlySet<number | undefined> = new Set([LINE_FEED, SPACE, 0x0d, 0x09]);

/** The same as JSON: spaces stand for what JSON has not, so that lines stay what they are. What is broken stays broken. */
export function plainJson(text: string): string {
  const bytes = Buffer.from(text);
  let comma = -1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === SLASH && isComment(bytes, at)) {
      const end = endOfComment(bytes, at);
      for (; at < end; at++) if (bytes[at] !== LINE_FEED) bytes[at] = SPACE;
      at--;
      continue;
    }
    if (BLANK.has(byte)) continue;
    if (CLOSING.has(byte) && comma >= 0) bytes[comma] = SPACE;
    comma = byte === COMMA ? at : -1;
    if (byte === QUOTE) at = endOfString(bytes, at);
  }
  return bytes.toString("utf8");
}

function isComment(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === SLASH || bytes[at + 1] === STAR;
}

/** Behind its last byte, or behind the line; the end of the text where nothing ends it. */
function endOfComment(bytes: Buffer, at: number): number {
  const isBlock = bytes[at + 1] === STAR;
  const end = isBlock ? bytes.indexOf("*/", at + 2) : bytes.indexOf(LINE_FEED, at);
  return end < 0 ? bytes.length : end + (isBlock ? 2 : 0);
}

/** Its closing quote, or the end of the text. */
function endOfString(bytes: Buffer, at: number): number {
  let end = at + 1;
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
  return end;
}
