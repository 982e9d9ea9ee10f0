/** `cordon.yaml`, and where the upstream of an ecosystem is found. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import schema from "../schemas/cordon.schema.json" with { type: "json" };
import type { CordonConfig } from "../schemas/types/cordon.ts";
import type { Ecosystem, Environment } from "./ecosystems/ecosystem.ts";
import { requireEcosystem } from "./ecosystems/index.ts";
import { CordonError } from "./errors.ts";
import type { PurlType } from "./purl.ts";
import { schemaCheck } from "./schema.ts";
import { type Diagnostic, formatDiagnostic } from "./source/diagnostic.ts";
import type { SourceFile } from "./source/files.ts";
import { YamlFile } from "./source/yaml-file.ts";
import { parseDuration } from "./time.ts";

const check = schemaCheck<CordonConfig>(schema);

/** What most durations may be at most: of a bundle that lives longer, nobody would notice that it no longer changes. */
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;

export type { CordonConfig } from "../schemas/types/cordon.ts";

/** Reads `cordon.yaml`; where anything is wrong, the diagnostics say so and the config is empty. */
export function parseConfig(source: SourceFile | undefined): { config: CordonConfig; diagnostics: Diagnostic[] } {
  const empty: CordonConfig = { apiVersion: "cordon/v1", kind: "Cordon" };
  if (!source) return { config: empty, diagnostics: [] };
  const file = new YamlFile(source);
  const diagnostics = file.check(check);
  if (diagnostics.length > 0) return { config: empty, diagnostics };
  const config = file.value as CordonConfig;
  const { staleAfter, decisionLog } = config.proxy ?? {};
  const durations: readonly [text: string | undefined, path: readonly string[], years?: number][] = [
    [config.lifetime, ["lifetime"]],
    [staleAfter, ["proxy", "staleAfter"]],
    [decisionLog?.maxAge, ["proxy", "decisionLog", "maxAge"]],
    [decisionLog?.keepFor, ["proxy", "decisionLog", "keepFor"], 10],
  ];
  const wrong = durations.flatMap(([text, path, years = 1]) => {
    const span = text === undefined ? 1 : Number(parseDuration(text));
    const most = years === 1 ? "a year" : `${years} years`;
    return span > 0 && span <= years * YEAR_MS
      ? []
      : [file.diagnostic("error", "duration", `must be a duration such as 168h, of at most ${most}`, path)];
  });
  return wrong.length > 0 ? { config: empty, diagnostics: wrong } : { config, diagnostics };
}

/** As parseConfig(). Throws CONFIG_INVALID with the first issue. */
export function requireConfig(source: SourceFile | undefined): CordonConfig {
  const { config, diagnostics } = parseConfig(source);
  if (diagnostics[0]) throw new CordonError("CONFIG_INVALID", formatDiagnostic(diagnostics[0]));
  return config;
}

/** The registry to fetch from: what is configured, else the client's own setting, else the public registry. */
export function upstreamUrl(
  type: PurlType,
  configured: string | undefined,
  environment: Environment = process.env,
): URL {
  const ecosystem = requireEcosystem(type);
  const text = configured ?? clientSetting(ecosystem, environment) ?? ecosystem.publicRegistry();
  if (text === undefined) {
    throw new CordonError("USAGE", `there is no upstream registry for ${type}: give --upstream ${type}=https://…`);
  }
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new CordonError(
      "USAGE",
      `${JSON.stringify(text)} is no URL of an upstream registry: give --upstream ${type}=https://…`,
    );
  }
  return new URL(text);
}

/** What the ecosystem's own clients are set to. */
function clientSetting({ settings }: Ecosystem, environment: Environment): string | undefined {
  for (const name of settings.variables) {
    const said = environment[name] ? settings.read(environment[name], "variable", environment) : undefined;
    if (said) return said;
  }
  for (const file of settings.files(environment, environment["HOME"] ?? homedir(), process.cwd())) {
    const text = existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8") : undefined;
    const said = text === undefined ? undefined : settings.read(text, "file", environment);
    if (said) return said;
  }
  return undefined;
}
