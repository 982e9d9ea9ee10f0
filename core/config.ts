/** `cordon.yaml`, and where the upstream of an ecosystem is found. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { PackageURL, UrlConverter } from "@socketregistry/packageurl-js";
import { parse as parseToml } from "smol-toml";
import schema from "../schemas/cordon.schema.json" with { type: "json" };
import type { CordonConfig } from "../schemas/types/cordon.ts";
import { CordonError } from "./errors.ts";
import { own, ownString } from "./json.ts";
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

/** What the ecosystem's own clients are set to. */
function clientSetting(type: PurlType, environment: NodeJS.ProcessEnv): string | undefined {
  switch (type) {
    case "npm":
      return npmSetting(environment);
    case "pypi":
      return pythonSetting(environment);
    case "cargo":
      return cargoSetting(environment);
    case "golang":
      // The first that is one: others are asked where it has not got what is wanted.
      return environment["GOPROXY"]?.split(/[,|]/).find((entry) => /^https?:/.test(entry));
  }
}

/** npm's `registry`, from the environment or from .npmrc: the project's stands before the user's. */
function npmSetting(environment: NodeJS.ProcessEnv): string | undefined {
  const fromEnvironment = environment["npm_config_registry"] ?? environment["NPM_CONFIG_REGISTRY"];
  if (fromEnvironment) return fromEnvironment;
  const files = [
    join(process.cwd(), ".npmrc"),
    environment["npm_config_userconfig"] ?? environment["NPM_CONFIG_USERCONFIG"] ?? join(homedir(), ".npmrc"),
  ];
  // The last `registry=` line, as npm reads its ini files.
  const setting = firstSetting(files, /^[ \t]*registry[ \t]*=[ \t]*"?([^"\s]+)/gm);
  return setting?.replace(/\$\{(\w+)\}/g, (whole, name: string) => environment[name] ?? whole);
}

/** pip's `index-url`, or uv's, from the environment or from pip's own file: the user's stands before the machine's. */
function pythonSetting(environment: NodeJS.ProcessEnv): string | undefined {
  const fromEnvironment =
    environment["PIP_INDEX_URL"] ?? environment["UV_DEFAULT_INDEX"] ?? environment["UV_INDEX_URL"];
  if (fromEnvironment) return fromEnvironment;
  const home = environment["HOME"] ?? homedir();
  const files = [
    environment["PIP_CONFIG_FILE"],
    join(environment["XDG_CONFIG_HOME"] ?? join(home, ".config"), "pip", "pip.conf"),
    join(home, ".pip", "pip.conf"),
    "/etc/pip.conf",
  ].filter((file) => file !== undefined);
  return firstSetting(files, /^[ \t]*index[-_]url[ \t]*[=:][ \t]*(\S+)/gm);
}

/** What cargo's own settings put in the place of the public registry, where that is a sparse one. */
function cargoSetting(environment: NodeJS.ProcessEnv): string | undefined {
  const home = environment["CARGO_HOME"] ?? join(environment["HOME"] ?? homedir(), ".cargo");
  for (const file of [join(process.cwd(), ".cargo", "config.toml"), join(home, "config.toml")]) {
    const sources = own(readToml(file), "source");
    const replacement = ownString(own(sources, "crates-io"), "replace-with");
    const registry = replacement && ownString(own(sources, replacement), "registry");
    if (registry?.startsWith("sparse+")) return registry.slice("sparse+".length);
  }
  return undefined;
}

/** Nothing where it is not there, or no TOML: then cargo itself has no such settings either. */
function readToml(file: string): unknown {
  try {
    return parseToml(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** The last line of this kind in the first file that has one. */
function firstSetting(files: readonly string[], line: RegExp): string | undefined {
  for (const file of files) {
    const text = existsSync(file) && statSync(file).isFile() ? readFileSync(file, "utf8") : "";
    const setting = [...text.matchAll(line)].at(-1)?.[1];
    if (setting) return setting;
  }
  return undefined;
}

/** A library knows the public registries; an address that it makes for a package without a name of note tells the base. */
export function publicRegistry(type: PurlType): string | undefined {
  switch (type) {
    case "npm": {
      const download = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:npm/a@1.0.0"))?.url;
      return download && new URL("/", download).href;
    }
    case "pypi": {
      const page = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:pypi/a@1.0.0"))?.url;
      return page && new URL("../", page).href;
    }
    case "cargo": {
      // The library knows the registry's own address; its sparse index is beside it.
      const download = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:cargo/a@1.0.0"))?.url;
      return download && `https://index.${new URL(download).host}/`;
    }
    case "golang": {
      const zip = UrlConverter.toDownloadUrl(PackageURL.fromString("pkg:golang/a.example/b@v1.0.0"))?.url;
      return zip && new URL("/", zip).href;
    }
  }
}
