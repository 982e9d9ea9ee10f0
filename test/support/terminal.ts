/** What clients print, made comparable. */

/** Some break lines to fit a terminal, in the midst of a URL. */
export function joined(output: string): string {
  return output.replace(/\s/g, "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Whether the whole sentence on a release is there, whatever the lines it is broken into: verdict, reason, policy and evidence. */
export function showsSentence(output: string, purl: string): boolean {
  const shown = joined(output);
  return (
    new RegExp(`cordon:(blocked|held)${escaped(purl)}(until\\S+?)?:\\S+\\(known-malicious,MAL-2026-\\d\\)`).test(
      shown,
    ) || new RegExp(`cordon:held${escaped(purl)}until2026-11-24T12:00:00Z:\\S+\\(release-age\\)`).test(shown)
  );
}
