/** What a policy repository is begun with: what flags say, else what somebody answers, else what is known or usual. */
import { CordonError } from "../../core/errors.ts";
import type { ForgeKind } from "../../core/forge.ts";
import { parseAction } from "./action.ts";
import { parseYes, type Terminal } from "./questions.ts";
import {
  type Action,
  DEFAULT_CHANNEL,
  FORGES,
  forgeOf,
  type InitSettings,
  originPage,
  parseChannel,
  parseForge,
  parseOwners,
  parsePublicUrl,
  parseRepository,
  requireSlug,
} from "./settings.ts";

/** The flags, as they were typed. */
export interface Given {
  readonly repository: string | undefined;
  readonly publicUrl: string | undefined;
  readonly channel: string | undefined;
  readonly owners: readonly string[] | undefined;
  readonly forge: string | undefined;
  readonly action: string | undefined;
  readonly workflows: boolean | undefined;
  readonly commit: boolean | undefined;
}

export interface Surroundings {
  /** Where git pushes to from here. */
  readonly origin: string | undefined;
  readonly isTop: boolean;
  /** Where Cordon's own action lies, as far as that is known. */
  readonly action: Action;
  /** Undefined where nobody is asked. */
  readonly terminal: Terminal | undefined;
}

/** Throws USAGE for what cannot be. */
export async function settle(given: Given, around: Surroundings): Promise<InitSettings & { readonly commit: boolean }> {
  // Before the first question: who gave a wrong flag need not answer any.
  const publicUrl = optional(given.publicUrl, parsePublicUrl);
  const channel = optional(given.channel, parseChannel);
  const owners = optional(given.owners?.join(" "), parseOwners);
  const action = optional(given.action, parseAction) ?? around.action;
  const { repository, forge } = await settleRepository(given, around);
  const { terminal, isTop } = around;
  if (forge !== "github" && isTop && given.workflows === true) throw noWorkflows(forge);
  const hasWorkflows = isTop && (given.workflows ?? forge === "github");
  const ask = async <T>(text: string, fallback: string, parse: (answer: string) => T, otherwise: T): Promise<T> =>
    terminal
      ? await terminal.ask({ text, fallback, parse: (answer) => (answer === "" ? otherwise : parse(answer)) })
      : otherwise;
  const yes = (text: string): Promise<boolean> => ask(text, "Y/n", parseYes, true);
  return {
    forge,
    repository,
    publicUrl:
      publicUrl ?? (await ask("How will clients reach the proxy?", "not known yet", parsePublicUrl, undefined)),
    channel: channel ?? (await ask("Which channel of bundles?", DEFAULT_CHANNEL, parseChannel, DEFAULT_CHANNEL)),
    // Nobody reads owners anywhere else.
    owners:
      owners ??
      (!isTop ? [] : await ask("Who reviews changes, such as @acme/security?", "not known yet", parseOwners, [])),
    action,
    isTop,
    workflows: given.workflows ?? (hasWorkflows && (await yes("Write workflows for GitHub Actions?"))),
    commit: given.commit ?? (await yes("Commit what is written?")),
  };
}

async function settleRepository(
  given: Given,
  { origin, terminal }: Surroundings,
): Promise<Pick<InitSettings, "repository" | "forge">> {
  const kind = optional(given.forge, parseForge);
  const known = originPage(origin);
  let repository = optional(given.repository, parseRepository);
  if (repository === undefined && terminal)
    repository = await terminal.ask({
      text: "Where will the repository live?",
      fallback: known ?? "not known yet",
      parse: (answer) => (answer === "" ? known : parseRepository(answer)),
    });
  const page = repository ?? known;
  const forge = kind ?? (page === undefined ? undefined : forgeOf(page)) ?? (await settleForge(page, terminal));
  if (page !== undefined && forge === "github") requireSlug(page);
  return { repository: page, forge };
}

async function settleForge(page: string | undefined, terminal: Terminal | undefined): Promise<ForgeKind> {
  if (terminal)
    return terminal.ask({
      text: `Which forge is it: ${FORGES.join(", ")}?`,
      fallback: "github",
      parse: (answer) => parseForge(answer || "github"),
    });
  if (page === undefined) return "github";
  throw new CordonError("USAGE", `${new URL(page).host} does not tell which forge it is`, {
    next: `Give --forge ${FORGES.join("|")}.`,
  });
}

/** What stands in for workflows where there are none to write. */
export const OWN_CI =
  "Have its CI run `cordon policy lint` and `cordon policy test` for each request and, on main, `cordon bundle publish` with a key.";

function noWorkflows(forge: ForgeKind): CordonError {
  return new CordonError("USAGE", `there are no workflows for ${forge} to write`, {
    next: `Leave --workflows out. ${OWN_CI}`,
  });
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}
