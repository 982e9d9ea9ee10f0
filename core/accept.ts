/** The `Accept` header (RFC 9110, 12.5.1), as far as anything here needs it. */

export interface MediaRange {
  /** In lower case: `text/html`, `text/*`. */
  readonly type: string;
  /** From 0, not acceptable, to 1. */
  readonly quality: number;
}

const MAX_RANGES = 20;

export function parseAccept(accept: string | undefined): readonly MediaRange[] {
  return (accept ?? "").toLowerCase().split(",").slice(0, MAX_RANGES).map(parseRange);
}

function parseRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
  const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
  const quality = given === undefined ? 1 : Number(given);
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}
