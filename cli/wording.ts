/** How decisions are worded where no proxy makes them: as the one that `cordon.yaml` names would word them. */
import type { CordonConfig } from "../core/config.ts";
import type { Wording } from "../core/refusal.ts";

export function wordingOf({ publicUrl, repository, forge }: CordonConfig): Wording {
  return { publicUrl: publicUrl?.replace(/\/+$/, "") ?? null, repository: repository ?? null, forge };
}
