/** What a log names, as tests compare it. */
import { readIfKnown } from "../../cli/inventory/inventory.ts";
import { toPurl } from "../../core/purl.ts";

/** Without `pkg:`, each once, in order; empty for a text that is no log. */
export function namedIn(text: string, path = "build.log"): string[] {
  return (readIfKnown(path, text)?.releases ?? []).map(({ id }) => decodeURIComponent(toPurl(id)).slice("pkg:".length));
}

/** `NAME REASON`, in order. */
export function unjudgedIn(text: string): string[] {
  return (readIfKnown("build.log", text)?.unjudged ?? []).map(({ name, reason }) => `${name} ${reason}`);
}
