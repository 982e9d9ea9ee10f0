/** Which decisions are asked for. What is said of different things must all hold; of several values for one thing, one. */
import { BlockList, isIP } from "node:net";
import { CordonError, messageOf } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { type Glob, matchesGlob, parseGlob } from "../../core/policy/glob.ts";
import { parsePurl, toPurl } from "../../core/purl.ts";
import { parseDuration, parseInstant } from "../../core/time.ts";
import { advisoriesOf, type Entry, ecosystemOf, listOf, packageOf } from "./entry.ts";

/** As they stand on the command line; what is left out says nothing. */
export interface FilterOptions {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly decision?: readonly string[] | undefined;
  readonly policy?: readonly string[] | undefined;
  readonly rule?: readonly string[] | undefined;
  readonly purl?: readonly string[] | undefined;
  readonly ecosystem?: readonly string[] | undefined;
  readonly client?: readonly string[] | undefined;
  readonly advisory?: readonly string[] | undefined;
  readonly kind?: string | undefined;
}

export interface Filter {
  /** In milliseconds; of what was recorded before, nothing matches. */
  readonly since: number;
  matches(entry: Entry): boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;

type Check = (entry: Entry) => boolean;

/** Throws USAGE, NOT_A_PURL. */
export function parseFilter(options: FilterOptions, now: Date): Filter {
  const since = parseTime("since", options.since, now) ?? Number.NEGATIVE_INFINITY;
  const until = parseTime("until", options.until, now) ?? Number.POSITIVE_INFINITY;
  const { decision, ecosystem, kind } = options;
  const checks: Check[] = [
    ({ time }) => time >= since && time <= until,
    ...(decision ? [oneOf(decision, (entry) => entry.decision)] : []),
    ...(kind ? [oneOf([kind], (entry) => entry.kind)] : []),
    ...(ecosystem ? [oneOf(ecosystem, (entry) => ecosystemOf(entry.purl))] : []),
    ...(options.purl ? [anyOf(options.purl.map(purlCheck))] : []),
    ...(options.client ? clientChecks(options.client) : []),
    ...(options.policy || options.rule ? [verdictCheck(options.policy, options.rule)] : []),
    ...(options.advisory ? [advisoryCheck(options.advisory)] : []),
  ];
  return { since, matches: (entry) => checks.every((check) => check(entry)) };
}

/** An instant, a day of UTC from its first moment or until its last, or how long before now. */
function parseTime(flag: "since" | "until", text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  const day = parseInstant(`${text}T00:00:00Z`);
  if (day) return day.getTime() + (flag === "until" ? DAY_MS - 1 : 0);
  const instant = parseInstant(text);
  if (instant) return instant.getTime();
  const days = /^(\d{1,6})d$/.exec(text)?.[1];
  const span = days === undefined ? parseDuration(text) : Number(days) * DAY_MS;
  if (span === undefined || span < 0)
    throw new CordonError(
      "USAGE",
      `--${flag} ${text} is no time such as 2026-01-31T12:00:00Z, and no duration such as 24h or 7d`,
    );
  return now.getTime() - span;
}

function anyOf(checks: readonly Check[]): Check {
  return (entry) => checks.some((check) => check(entry));
}

function oneOf(values: readonly string[], read: (entry: Entry) => string): Check {
  const wanted = new Set(values);
  return (entry) => wanted.has(read(entry));
}

/** A release, a package with all its releases, or a pattern for either. */
function purlCheck(text: string): Check {
  // A question mark may begin qualifiers, which do not change what is meant.
  if (!/\*|\?(?![\w.-]+=)/.test(text)) {
    const id = parsePurl(text);
    const purl = toPurl(id);
    return id.version === undefined ? (entry) => packageOf(entry.purl) === purl : (entry) => entry.purl === purl;
  }
  const glob = readGlob("purl", text);
  return ({ purl }) => {
    const name = packageOf(purl);
    // Scopes are written with an @ by people, and encoded in purls.
    return [purl, name, purl.replace("/%40", "/@"), name.replace("/%40", "/@")].some((form) => matchesGlob(form, glob));
  };
}

/** Addresses and networks are about where clients are, all else about what they call themselves. */
function clientChecks(values: readonly string[]): Check[] {
  const networks = values.filter((value) => isIP(value.replace(/\/\d{1,3}$/, "")) !== 0);
  const agents = values.filter((value) => !networks.includes(value)).map((value) => readGlob("client", value));
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) addNetwork(lists, network);
  return [
    ...(networks.length > 0 ? [({ address }: Entry) => isIn(lists, address)] : []),
    ...(agents.length > 0 ? [({ agent }: Entry) => agents.some((glob) => matchesGlob(agent, glob))] : []),
  ];
}

/** Each family apart: a list takes an address of the one for the same in the other. */
type Networks = Readonly<Record<"ipv4" | "ipv6", BlockList>>;

function addNetwork(lists: Networks, text: string): void {
  const [address = "", length] = text.split("/");
  const [family, longest] = isIP(address) === 4 ? (["ipv4", 32] as const) : (["ipv6", 128] as const);
  const bits = Number(length ?? longest);
  if (bits > longest) throw new CordonError("USAGE", `--client ${text} is no network`);
  lists[family].addSubnet(address, bits, family);
}

function isIn(lists: Networks, address: string): boolean {
  const plain = address.replace(/%.*$/, "");
  const version = isIP(plain);
  if (version === 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  return lists[family].check(plain, family);
}

/** Of all verdicts, not only of the one that decided: also of policies that are only audited, and of those that an approval lifts. */
function verdictCheck(policies: readonly string[] | undefined, rules: readonly string[] | undefined): Check {
  const isMeant = (policy: string | null | undefined, rule: string | null | undefined): boolean =>
    (!policies || policies.includes(policy ?? "")) && (!rules || rules.includes(rule ?? ""));
  return ({ line, policy, rule }) =>
    isMeant(policy, rule) ||
    listOf(line, "verdicts").some((verdict) => isMeant(ownString(verdict, "policy"), ownString(verdict, "rule")));
}

/** By its id, and by its other names where the facts are on record. */
function advisoryCheck(ids: readonly string[]): Check {
  const wanted = new Set(ids.map((id) => id.toLowerCase()));
  const isMeant = (id: unknown): boolean => typeof id === "string" && wanted.has(id.toLowerCase());
  return (entry) =>
    advisoriesOf(entry).some(isMeant) ||
    listOf(own(entry.line, "facts"), "advisories").some(
      (advisory) => isMeant(own(advisory, "id")) || listOf(advisory, "aliases").some(isMeant),
    );
}

function readGlob(flag: string, text: string): Glob {
  try {
    return parseGlob(text);
  } catch (cause) {
    throw new CordonError("USAGE", `--${flag} ${text}: ${messageOf(cause)}`, { cause });
  }
}
