/** How one upstream has answered lately: told on `/-/status`, in metrics and, when it goes away and when it is back, in the log. */
import { CordonError, type FailureCode } from "../core/errors.ts";
import { originOf } from "../core/http.ts";
import type { PurlType } from "../core/purl.ts";
import { formatInstant } from "../core/time.ts";
import { oneLine } from "../core/words.ts";
import type { Log } from "./log.ts";

/** How a question to an upstream can end. */
export const UPSTREAM_RESULTS = [
  "ok",
  "not_modified",
  "not_found",
  "refused",
  "error",
  "timeout",
  "malformed",
  "too_large",
] as const;
export type UpstreamResult = (typeof UPSTREAM_RESULTS)[number];

/** A failure with any other code is not the upstream's. */
const RESULT_OF: Partial<Readonly<Record<FailureCode, UpstreamResult>>> = {
  NOT_FOUND: "not_found",
  NO_ENDPOINT: "not_found",
  UPSTREAM_REFUSED: "refused",
  UPSTREAM_UNREACHABLE: "error",
  UPSTREAM_STATUS: "error",
  UPSTREAM_TIMEOUT: "timeout",
  UPSTREAM_MALFORMED: "malformed",
  UPSTREAM_TOO_LARGE: "too_large",
};

/** Whether the failure is the upstream's own absence, and says nothing of what was asked for. */
export function meansAway(error: unknown): boolean {
  const result = error instanceof CordonError ? RESULT_OF[error.code] : undefined;
  return result === "error" || result === "timeout";
}

/** An upstream as it is configured. */
export interface UpstreamPlace {
  readonly ecosystem: PurlType;
  readonly registry: URL;
  /** Names, or beginnings with a `*` behind; null for the public registry. */
  readonly packages: readonly string[] | null;
  /** Whether clients may publish there. */
  readonly publish: boolean;
}

export interface UpstreamStatus extends Omit<UpstreamPlace, "registry"> {
  readonly upstream: string;
  /** `unknown` until it was asked. */
  readonly state: "unknown" | "up" | "away";
  readonly lastSuccess: string | null;
  readonly lastFailure: { readonly at: string; readonly code: FailureCode; readonly reason: string } | null;
}

/** One that fails some questions and answers others comes and goes all the time: so long the log is spared from the next line. */
const QUIET_MS = 10 * 60_000;
const MAX_REASON = 300;

export class UpstreamHealth {
  readonly #place: UpstreamPlace;
  readonly #now: () => Date;
  readonly #log: Log;
  readonly #counts = new Map<UpstreamResult, number>(UPSTREAM_RESULTS.map((result) => [result, 0]));
  #lastSuccess: Date | undefined;
  #lastFailure: { readonly at: Date; readonly error: CordonError } | undefined;
  /** Since the first failure; undefined while it is there. */
  #away: { readonly since: Date; isLogged: boolean } | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(place: UpstreamPlace, now: () => Date, log: Log) {
    this.#place = place;
    this.#now = now;
    this.#log = log;
  }

  get registry(): PurlType {
    return this.#place.ecosystem;
  }

  get origin(): string {
    return originOf(this.#place.registry);
  }

  /** Questions so far, by how they ended. */
  get counts(): ReadonlyMap<UpstreamResult, number> {
    return this.#counts;
  }

  /** It said what it had to say, be it that it has no such thing. */
  answered(result: UpstreamResult): void {
    this.#count(result);
    this.#lastSuccess = this.#now();
    if (this.#away) this.#comeBack(this.#away, this.#lastSuccess);
  }

  /** A question that ended with an exception; what is not the upstream's doing is not counted. */
  failed(error: unknown): void {
    if (!(error instanceof CordonError)) return;
    const result = RESULT_OF[error.code];
    if (result === "not_found") this.answered(result);
    else if (result) this.#fail(result, error);
  }

  status(): UpstreamStatus {
    const { ecosystem, packages, publish } = this.#place;
    const [success, failure] = [this.#lastSuccess, this.#lastFailure];
    const wasAsked = success !== undefined || failure !== undefined;
    return {
      ecosystem,
      upstream: this.origin,
      packages,
      publish,
      state: this.#away ? "away" : wasAsked ? "up" : "unknown",
      lastSuccess: success ? formatInstant(success) : null,
      lastFailure: failure
        ? { at: formatInstant(failure.at), code: failure.error.code, reason: reasonOf(failure.error) }
        : null,
    };
  }

  #count(result: UpstreamResult): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1);
  }

  #fail(result: UpstreamResult, error: CordonError): void {
    this.#count(result);
    const at = this.#now();
    this.#lastFailure = { at, error };
    if (meansAway(error)) this.#goAway(at, error);
  }

  #goAway(at: Date, error: CordonError): void {
    this.#away ??= { since: at, isLogged: false };
    if (this.#away.isLogged || at.getTime() - this.#loggedAt < QUIET_MS) return;
    this.#away.isLogged = true;
    this.#loggedAt = at.getTime();
    this.#log("warn", "upstream away", { ...this.#named(), code: error.code, reason: reasonOf(error) });
  }

  /** Who was told that it is away is told that it is back, also when that is soon. */
  #comeBack({ since, isLogged }: { readonly since: Date; readonly isLogged: boolean }, at: Date): void {
    this.#away = undefined;
    const awaySeconds = Math.round((at.getTime() - since.getTime()) / 1000);
    if (isLogged) this.#log("info", "upstream back", { ...this.#named(), awaySeconds });
  }

  #named() {
    return { registry: this.registry, upstream: this.origin };
  }
}

/** Failures name addresses without credentials and queries (core/http.ts). */
function reasonOf({ message }: CordonError): string {
  return oneLine(message, MAX_REASON);
}
