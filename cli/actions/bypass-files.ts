/** By what a file in the workspace has a client bypass the proxy. The file is the project's, and the project may be hostile. */
import { parse as parseToml } from "smol-toml";
import { ECOSYSTEMS } from "../../core/ecosystems/index.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import type { Addresses } from "./addresses.ts";
import type { Client } from "./clients.ts";

export interface Bypass {
  readonly clients: readonly Client[];
  /** From 1. */
  readonly line: number;
  /** What the client does, as the end of a sentence that begins with the host. */
  readonly message: string;
  readonly address: string;
}

type Reader = (text: string, addresses: Addresses) => readonly Bypass[];

/** By the name of the file, in lower case. Undefined: such a file names no registry. */
export function readerOf(path: string): Reader | undefined {
  return READERS.find(([pattern]) => pattern.test(path))?.[1];
}

const JAVASCRIPT = ["npm", "pnpm", "yarn", "bun"] as const;
const SCOPE = "is asked for a scope: no variable stands before that";
const LOCKED = "is where the lockfile says that files lie: they are fetched from there";

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/(^|\/)\.npmrc$/, lines(/^\s*@[^:=\s]+:registry\s*=\s*"?([^"\s]+)/, JAVASCRIPT, SCOPE)],
  [/(^|\/)\.yarnrc$/, lines(/^"?@[^:\s"]+:registry"?\s+"?([^"\s]+)/, ["yarn"], SCOPE)],
  // At the left margin it is the registry of all that has no scope: the variable stands before it.
  [/(^|\/)\.yarnrc\.yml$/, lines(/^\s+npmRegistryServer:\s*["']?([^"'\s]+)/, ["yarn"], SCOPE)],
  [/(^|\/)bunfig\.toml$/, readBunfig],
  [
    /(^|\/)pnpm-workspace\.yaml$/,
    lines(
      /^\s+["']?(?:default|@[^"':\s]+)["']?:\s*["']?(https?:[^"'\s]+)/,
      ["pnpm"],
      "is among `registries`: pnpm 10 asks it, pnpm 12 for scopes only",
    ),
  ],
  [
    /(^|\/)(requirements|constraints)[^/]*\.(txt|in)$/,
    lines(
      /^[^#]*?(?:--(?:extra-)?index-url|-i|--find-links|-f|@)[\s=]+(?:git\+)?(https?:[^\s]+)/,
      ["pip", "uv"],
      "is named by the file: pip asks it, whatever the variable says",
    ),
  ],
  [/(^|\/)pyproject\.toml$/, readPyproject],
  [/(^|\/)uv\.toml$/, (text, addresses) => uvBypasses(readToml(text), text, addresses)],
  [/(^|\/)\.cargo\/config(\.toml)?$/, readCargoConfig],
  [/(^|\/)(package-lock|npm-shrinkwrap)\.json$/, readPackageLock],
  [/(^|\/)yarn\.lock$/, lines(/^ {2}resolved "(https?:[^"#\s]+)/, ["yarn"], LOCKED)],
  [/(^|\/)bun\.lock$/, lines(/"(https?:[^"\s]+\.tgz)"/, ["bun"], LOCKED)],
  [
    /(^|\/)uv\.lock$/,
    lines(/\burl = "(https?:[^"\s]+)"/, ["uv"], "has the files of `uv.lock`: `uv sync --frozen` fetches them there"),
  ],
];

/** Those in the lines that the pattern fits; its first group is the address. */
function lines(pattern: RegExp, clients: readonly Client[], message: string): Reader {
  return (text, addresses) =>
    text.split("\n").flatMap((line, index) => {
      // A minified file may be one line of megabytes.
      const address = pattern.exec(line.slice(0, MAX_LINE))?.[1];
      return address === undefined || isProxy(address, addresses)
        ? []
        : [{ clients, line: index + 1, message, address }];
    });
}

const MAX_LINE = 2000;
/** Of a list or table; each is looked for in the text. */
const MAX_ENTRIES = 100;

function isProxy(address: string, { base }: Addresses): boolean {
  const plain = address.replace(/^sparse\+/, "");
  return plain === base || plain.startsWith(`${base}/`);
}

/** npm takes the public registry's addresses for those of whichever registry it asks. */
function readPackageLock(text: string, addresses: Addresses): readonly Bypass[] {
  const open = ECOSYSTEMS.get("npm")?.publicRegistry();
  const find = lines(/"resolved":\s*"(https?:[^"\s]+)"/, ["npm"], LOCKED);
  return find(text, addresses).filter(({ address }) => open === undefined || !address.startsWith(open));
}

function readBunfig(text: string, addresses: Addresses): readonly Bypass[] {
  const scopes = own(own(readToml(text), "install"), "scopes");
  return valuesOf(scopes).flatMap((scope) =>
    at(text, typeof scope === "string" ? scope : ownString(scope, "url"), ["bun"], SCOPE, addresses),
  );
}

function readPyproject(text: string, addresses: Addresses): readonly Bypass[] {
  const tool = own(readToml(text), "tool");
  const pdm = listOf(own(tool, "pdm"), "source").flatMap((source) =>
    at(text, ownString(source, "url"), ["pdm"], "is a source of the project: pdm asks it", addresses),
  );
  return [
    ...uvBypasses(own(tool, "uv"), text, addresses),
    ...poetryBypasses(own(tool, "poetry"), text, addresses),
    ...pdm,
  ];
}

function uvBypasses(uv: unknown, text: string, addresses: Addresses): readonly Bypass[] {
  // The variable takes the place of the default index.
  const indexes = listOf(uv, "index").filter((index) => own(index, "default") !== true);
  const urls = indexes.map((index) => ownString(index, "url"));
  const others = [...listOf(uv, "extra-index-url"), ...listOf(uv, "find-links")].map(String);
  return [...urls, ...others].flatMap((url) =>
    at(text, url, ["uv"], "is an index of the project: uv asks it before the proxy", addresses),
  );
}

function poetryBypasses(poetry: unknown, text: string, addresses: Addresses): readonly Bypass[] {
  if (!isObject(poetry)) return [];
  const sources = listOf(poetry, "source");
  const isPointed = sources.some(
    (source) => own(source, "priority") === "primary" && isProxy(ownString(source, "url") ?? "", addresses),
  );
  const line = Math.max(1, text.split("\n").findIndex((one) => /^\s*\[+tool\.poetry\b/.test(one)) + 1);
  const bare: Bypass = {
    clients: ["poetry"],
    line,
    message: `is no primary source of the project, and poetry reads no variable for its index: add [[tool.poetry.source]] with priority = "primary"`,
    address: addresses.pypi,
  };
  const others = sources.flatMap((source) =>
    at(text, ownString(source, "url"), ["poetry"], "is a source of the project: poetry asks it", addresses),
  );
  return [...(isPointed ? [] : [bare]), ...others];
}

function readCargoConfig(text: string, addresses: Addresses): readonly Bypass[] {
  const config = readToml(text);
  const replacement = ownString(own(own(config, "source"), "crates-io"), "replace-with");
  const source = replacement === undefined ? undefined : own(own(config, "source"), replacement);
  const registries = own(config, "registries");
  return [
    ...at(
      text,
      ownString(source, "registry") ?? ownString(source, "directory"),
      ["cargo"],
      "replaces the crates' source in the project: that stands before `$CARGO_HOME`",
      addresses,
    ),
    ...valuesOf(registries).flatMap((registry) =>
      at(text, ownString(registry, "index"), ["cargo"], "is asked for dependencies that name it", addresses),
    ),
  ];
}

/** At the first line that has the address; nothing where there is none, or it is the proxy's. */
function at(
  text: string,
  address: string | undefined,
  clients: readonly Client[],
  message: string,
  addresses: Addresses,
): Bypass[] {
  if (address === undefined || isProxy(address, addresses)) return [];
  const index = text.split("\n").findIndex((line) => line.includes(address));
  return [{ clients, line: Math.max(index, 0) + 1, message, address }];
}

function listOf(object: unknown, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value.slice(0, MAX_ENTRIES) : [];
}

function valuesOf(object: unknown): readonly unknown[] {
  return isObject(object) ? Object.values(object).slice(0, MAX_ENTRIES) : [];
}

/** Nothing where it is no TOML: then the client does not read it either. */
function readToml(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    return undefined;
  }
}
