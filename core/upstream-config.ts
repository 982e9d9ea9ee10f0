/** What a registry says of itself (Cargo: `config.json`); it stands before each listing. */
import type { Ecosystem } from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";

export interface RegistryConfig {
  /** One line of JSON, asked for once an hour; empty where the ecosystem has no such document. */
  line(): Promise<string>;
  /** Where the registry has its own API. Throws NO_ENDPOINT where it has none. */
  api(): Promise<string>;
  /** After a listing that could not be read: the config may be what is wrong, and mended before the hour is over. */
  forget(): void;
}

const CONFIG_MS = 60 * 60_000;
/** It stands before every document, and has a few lines. */
export const MAX_CONFIG_BYTES = 64 * 1024;

/** `fetch` gives the JSON document that is at a path below the registry. */
export function createConfig(
  { configPath, apiOf }: Ecosystem,
  fetch: (path: string) => Promise<Uint8Array>,
): RegistryConfig {
  let known: { readonly line: Promise<string>; readonly until: number } | undefined;
  const forget = () => {
    known = undefined;
  };
  const line = async (): Promise<string> => {
    if (configPath === undefined) return "";
    if (known && performance.now() < known.until) return known.line;
    const asked = fetch(configPath).then(toLine);
    known = { line: asked, until: performance.now() + CONFIG_MS };
    asked.catch(forget);
    return asked;
  };
  return {
    line,
    forget,
    async api() {
      const api = configPath === undefined ? undefined : apiOf?.(JSON.parse(await line()));
      if (api === undefined || !URL.canParse(api))
        throw new CordonError("NO_ENDPOINT", "the upstream registry has no API of its own");
      return api;
    },
  };
}

function toLine(document: Uint8Array): string {
  return `${JSON.stringify(JSON.parse(Buffer.from(document).toString("utf8")))}\n`;
}
