/** `cordon.yaml`, and where the upstream of an ecosystem is found. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import schema from "../schemas/cordon.schema.json" with { type: "json" };
import type { CordonConfig } from "../schemas/types/cordon.ts";
import { CordonError } from "./errors.ts";
import type { PurlType } from "./purl.ts";
import { schemaCheck } from "./schema.ts";
import { type Diagnostic, formatDiagnostic } from "./source/diagnostic.ts";
import type { SourceFile } from "./source/files.ts";
import { YamlFile } from "./source/yaml-file.ts";
import { parseDuration } from "./time.ts";

const check = schemaCheck<CordonConfig>(schema);

/** Of a bundle: longer, and nobody would notice that it no longer changes. */
const MAX_LIFETIME_MS = 366 * 24 * 60 * 60 * 1000;

export type { CordonConfig } from "../schemas/types/cordon.ts";

/** Reads `cordon.yaml`; where anything is wrong, the diagnostics say so and the config is empty. */
export function parseConfig(source: SourceFile | undefined): { config: CordonConfig; diagnostics: Diagnostic[] } {
  const empty: CordonConfig = { apiVersion: "cordon/v1", kind: "Cordon" };
  if (!source) return { config: empty, diagnostics: [] };
  const file = new YamlFile(source);
  const diagnostics = file.check(check);
  if (diagnostics.length > 0) return { config: empty, diagnostics };
  const config = file.value as CordonConfig;
  const durations = [
    ["lifetime", config.lifetime],
    ["proxy", "staleAfter", config.proxy?.staleAfter],
  ] as const;
  const wrong = durations.flatMap((entry) => {
    const [text, path] = [entry.at(-1), entry.slice(0, -1) as string[]];
    const span = text === undefined ? 1 : Number(parseDuration(text));
    return span > 0 && span <= MAX_LIFETIME_MS
      ? []
      : [file.diagnostic("error", "duration", "must be a duration such as 168h, of at most a year", path)];
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
  environment: NodeJS.ProcessEnv = process.env,
): URL {
  const text = configured ?? clientSetting(type, environment) ?? publicRegistry(type);
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

/** npm's `registry`, from the environment or from .npmrc: the project's stands before the user's. */
function clientSetting(type: PurlType, environment: NodeJS.ProcessEnv): string | undefined {
  if (type !== "npm") return undefined;
  const fromEnvironment = environment["npm_config_registry"] ?? environment["NPM_CONFIG_REGISTRY"];
  if (fromEnvironment) return fromEnvironment;
  const files = [
    join(process.cwd(), ".npmrc"),
    environment["npm_config_userconfig"] ?? environment["NPM_CONFIG_USERCONFIG"] ?? join(homedir(), ".npmrc"),
  ];
  for (const file of files) {
    const setting = existsSync(file) ? registryOf(readFileSync(file, "utf8"), environment) : undefined;
    if (setting) return setting;
  }
  return undefined;
}

/** The last `registry=` line, as npm reads its ini files, with `${NAME}` taken from the environment. */
function registryOf(npmrc: string, environment: NodeJS.ProcessEnv): string | undefined {
  const line = [...npmrc.matchAll(/^[ \t]*registry[ \t]*=[ \t]*"?([^"\s]+)/gm)].at(-1)?.[1];
  return line?.replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole);
}

/** A library knows the public registries; the file's URL of a made-up release tells the base. */
function publicRegistry(type: PurlType): string | undefined {
  const download =
    type === "npm" ? UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:npm/a@1.0.0"))?.url : undefined;
  return download && new URL("/", download).href;
}
