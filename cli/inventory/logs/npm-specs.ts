/** How npm and its family write a release: `NAME@VERSION`, and nothing that only begins like one. */
export const NAME = "(?:@[\\w~-][\\w.~-]{0,213}\\/)?[A-Za-z0-9_][\\w.~-]{0,213}";
export const VERSION = "\\d{1,10}\\.\\d{1,10}\\.\\d{1,16}(?:-[0-9A-Za-z.-]{1,128})?(?:\\+[0-9A-Za-z.-]{1,128})?";

/** A pattern whose `SPEC` stands for name and version, each a group. */
export function specPattern(source: string, flags = ""): RegExp {
  return new RegExp(source.replaceAll("SPEC", `(${NAME})@(${VERSION})`), flags);
}
