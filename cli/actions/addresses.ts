/** Where a proxy's registries are, as clients are told. */
import { CordonError } from "../../core/errors.ts";
import { isInTheClear } from "../../core/http.ts";
import type { ActionStep } from "./action-step.ts";

export interface Addresses {
  /** Without a slash at its end. */
  readonly base: string;
  readonly npm: string;
  readonly pypi: string;
  /** As cargo's settings name a sparse index. */
  readonly cargo: string;
  readonly go: string;
}

/** Throws USAGE. With a token, the address has to be one that nobody on the way can read. */
export function addressesOf(text: string, token: string): Addresses {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && url.username + url.password + url.search + url.hash === "";
  if (!isPlain || !["https:", "http:"].includes(url.protocol))
    throw new CordonError("USAGE", "the input url is no address of the web without credentials, query and fragment", {
      next: "Write it like `url: https://packages.acme.example`; a token belongs into the input token.",
    });
  if (token !== "" && isInTheClear(url))
    throw new CordonError("USAGE", "the token is not sent in the clear", { next: "Give the proxy's https address." });
  const base = url.href.replace(/\/+$/, "");
  return {
    base,
    npm: `${base}/npm/`,
    pypi: `${base}/pypi/simple/`,
    cargo: `sparse+${base}/cargo/`,
    go: `${base}/go`,
  };
}

export function outputAddresses(step: ActionStep, { npm, pypi, cargo, go }: Addresses): void {
  for (const [name, address] of Object.entries({ npm, pypi, cargo, go })) step.output(name, address);
}

/** The token as an input, which the log of the run shows no more. Throws USAGE. */
export function secretInput(step: ActionStep, name: string): string {
  const token = step.input(name);
  if (/[^\x21-\x7e]/.test(token))
    throw new CordonError("USAGE", `the input ${name} has characters that no header may have`, {
      next: "Look at the secret: it may have been stored with a line break.",
    });
  for (const form of new Set([token, passwordOf(token)]))
    if (form !== "") step.log(`::add-mask::${form.replaceAll("%", "%25")}`);
  return token;
}

/** The token as it stands in an address. */
export function passwordOf(token: string): string {
  const url = new URL("https://packages.acme.example");
  // The address' own encoding leaves what looks encoded already.
  url.password = encodeURIComponent(token);
  return url.password;
}
