/** How each client is pointed at a proxy. Who wins over whom was tried with the clients themselves: test/actions/setup.test.ts. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ECOSYSTEMS } from "../../core/ecosystems/index.ts";
import { CordonError } from "../../core/errors.ts";
import type { ActionStep } from "./action-step.ts";
import { type Addresses, passwordOf } from "./addresses.ts";
import { readOthers, withSection } from "./home-file.ts";

export const CLIENTS = ["npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry", "pdm", "cargo", "go"] as const;
export type Client = (typeof CLIENTS)[number];

export interface Pointing {
  readonly variables: Readonly<Record<string, string>>;
  /** Lines for a settings file of the user's. */
  readonly file?: { readonly path: string; readonly lines: readonly string[] };
  /** In Markdown, for the summary. */
  readonly how: string;
  readonly bypasses: string;
}

/** Which clients the step is about. Throws USAGE. */
export function clientsOf(step: ActionStep): readonly Client[] {
  const names = step.input("clients", CLIENTS.join(" ")).split(/[\s,]+/);
  const unknown = names.find((name) => !CLIENTS.some((client) => client === name));
  if (unknown !== undefined)
    throw new CordonError("USAGE", `the input clients names ${JSON.stringify(unknown)}`, {
      next: `Known are ${CLIENTS.join(", ")}.`,
    });
  return CLIENTS.filter((client) => names.includes(client));
}

const USER = "cordon";
/** What the lines in `.npmrc` read the token from, so that it lies in no file. */
const TOKEN_VARIABLE = "CORDON_TOKEN";

/** Throws CONFIG_INVALID where a settings file says something that cannot stand beside it. */
export function pointingOf(
  client: Client,
  addresses: Addresses,
  token: string,
  environment: NodeJS.ProcessEnv,
): Pointing {
  return POINT[client](addresses, token, environment);
}

/** Where an earlier step, or an earlier job on the same machine, may have left lines of ours. */
export function settingsFiles(environment: NodeJS.ProcessEnv): string[] {
  return [npmrcOf(environment), cargoConfigOf(environment)];
}

type Point = (addresses: Addresses, token: string, environment: NodeJS.ProcessEnv) => Pointing;

const NPM_BYPASSES = "a registry of a scope (`@acme:registry`), dependencies by URL or git";

const POINT: Readonly<Record<Client, Point>> = {
  npm: (addresses, token, environment) => ({
    ...npmToken(addresses, token, environment),
    how: "`npm_config_registry`",
    bypasses: `${NPM_BYPASSES}; a lockfile that names another private host`,
  }),
  // pnpm 12 reads no npm_config_*.
  pnpm: (addresses, token, environment) => {
    const { variables, ...rest } = npmToken(addresses, token, environment);
    return {
      ...rest,
      variables: { ...variables, pnpm_config_registry: addresses.npm },
      how: "`npm_config_registry`, `pnpm_config_registry`",
      bypasses: `${NPM_BYPASSES}; in pnpm 10 \`registries.default\` of \`pnpm-workspace.yaml\``,
    };
  },
  yarn: (addresses, token, environment) => {
    const { variables, ...rest } = npmToken(addresses, token, environment);
    const { hostname, protocol } = new URL(addresses.base);
    return {
      ...rest,
      variables: {
        ...variables,
        YARN_REGISTRY: addresses.npm,
        YARN_NPM_REGISTRY_SERVER: addresses.npm.replace(/\/$/, ""),
        ...(protocol === "http:" && { YARN_UNSAFE_HTTP_WHITELIST: hostname.replace(/^\[|\]$/g, "") }),
        ...(token !== "" && {
          YARN_NPM_AUTH_TOKEN: token,
          YARN_NPM_ALWAYS_AUTH: "true",
          npm_config_always_auth: "true",
        }),
      },
      how: "`YARN_REGISTRY` (1), `YARN_NPM_REGISTRY_SERVER` (2 and later)",
      bypasses:
        "a registry of a scope, dependencies by URL or git; in yarn 1 addresses in `yarn.lock`, and `yarn audit`",
    };
  },
  bun: (addresses, token, environment) => ({
    ...npmToken(addresses, token, environment),
    how: "`NPM_CONFIG_REGISTRY`",
    bypasses: `${NPM_BYPASSES}; addresses in \`bun.lock\``,
  }),
  pip: (addresses, token) => ({
    variables: { PIP_INDEX_URL: withUser(addresses.pypi, token) },
    how: "`PIP_INDEX_URL`",
    bypasses:
      "`--index-url` and its like in a requirements file or on the command line, `extra-index-url`, requirements that are URLs",
  }),
  uv: (addresses, token) => ({
    variables: {
      // By its name uv finds user and password.
      UV_DEFAULT_INDEX: token === "" ? addresses.pypi : `${USER}=${addresses.pypi}`,
      ...(token !== "" && { UV_INDEX_CORDON_USERNAME: USER, UV_INDEX_CORDON_PASSWORD: token }),
    },
    how: "`UV_DEFAULT_INDEX`",
    bypasses:
      "further `[[tool.uv.index]]`, `find-links`, sources by URL or git; `uv sync --frozen` with a `uv.lock` of another index",
  }),
  // The first is read by a plugin; the others belong to a source of the project that is called `cordon`.
  poetry: (addresses, token) => ({
    variables: {
      POETRY_PYPI_MIRROR_URL: withUser(addresses.pypi, token),
      ...(token !== "" && { POETRY_HTTP_BASIC_CORDON_USERNAME: USER, POETRY_HTTP_BASIC_CORDON_PASSWORD: token }),
    },
    how: "**not by itself**: poetry reads no variable for its index. `POETRY_PYPI_MIRROR_URL` is for the plugin `poetry-plugin-pypi-mirror`; else the project needs a source",
    bypasses:
      '**everything**, unless the project has a source with `priority = "primary"` that is the proxy, or the plugin is there',
  }),
  pdm: (addresses, token) => ({
    variables: {
      PDM_PYPI_URL: addresses.pypi,
      ...(token !== "" && { PDM_PYPI_USERNAME: USER, PDM_PYPI_PASSWORD: token }),
    },
    how: "`PDM_PYPI_URL`",
    bypasses: "every `[[tool.pdm.source]]`: one that is called `pypi` stands before the variable",
  }),
  cargo: (addresses, token, environment) => {
    const path = cargoConfigOf(environment);
    return {
      variables: {
        // The proxy speaks HTTP/1.1, over which cargo would ask one thing after the other.
        CARGO_HTTP_MULTIPLEXING: "false",
        ...(token !== "" && {
          // Sent as it stands, without a word before it.
          CARGO_REGISTRIES_CORDON_TOKEN: `Bearer ${token}`,
          CARGO_REGISTRIES_CORDON_CREDENTIAL_PROVIDER: "cargo:token",
        }),
      },
      file: { path, lines: cargoLines(path, addresses.cargo, token) },
      how: "`config.toml` in `$CARGO_HOME`, for cargo reads sources from no variable",
      bypasses:
        "a `.cargo/config.toml` of the project, `[registries]`, dependencies by git; `cargo vendor` without `--respect-source-config`",
    };
  },
  go: (addresses, token) => ({
    variables: { GOPROXY: withUser(addresses.go, token) },
    how: "`GOPROXY`, alone",
    bypasses: "what `GOPRIVATE` and `GONOPROXY` name; a `vendor` folder",
  }),
};

/** npm's variables; with a token, the line that npm, pnpm, yarn 1 and bun read it by. */
function npmToken({ npm }: Addresses, token: string, environment: NodeJS.ProcessEnv) {
  const line = `${npm.replace(/^https?:/, "")}:_authToken=\${${TOKEN_VARIABLE}}`;
  return {
    variables: {
      npm_config_registry: npm,
      NPM_CONFIG_REGISTRY: npm,
      ...(token !== "" && { [TOKEN_VARIABLE]: token }),
    },
    ...(token !== "" && { file: { path: npmrcOf(environment), lines: [line] } }),
  };
}

function npmrcOf(environment: NodeJS.ProcessEnv): string {
  const named = environment["npm_config_userconfig"] || environment["NPM_CONFIG_USERCONFIG"];
  return named || join(homeOf(environment), ".npmrc");
}

/** Of two, cargo reads the one without an ending. */
function cargoConfigOf(environment: NodeJS.ProcessEnv): string {
  const home = environment["CARGO_HOME"] || join(homeOf(environment), ".cargo");
  const old = join(home, "config");
  return existsSync(old) ? old : join(home, "config.toml");
}

function cargoLines(path: string, index: string, token: string): string[] {
  const lines = [
    "[source.crates-io]",
    'replace-with = "cordon"',
    "[source.cordon]",
    `registry = "${index}"`,
    ...(token === "" ? [] : ["[registries.cordon]", `index = "${index}"`]),
  ];
  // A table may stand in a file once: what cargo would read of it then tells whether it can stand there.
  const { settings } = ECOSYSTEMS.get("cargo") ?? {};
  const read = settings?.read(withSection(readOthers(path), lines), "file", {});
  if (read === index.slice("sparse+".length)) return lines;
  throw new CordonError("CONFIG_INVALID", `${path} replaces the crates' source already, or is no TOML`, {
    next: "Take `[source.crates-io]` and `[source.cordon]` out of it, or leave cargo out of the input clients.",
  });
}

function homeOf(environment: NodeJS.ProcessEnv): string {
  return environment["HOME"] || homedir();
}

function withUser(address: string, token: string): string {
  if (token === "") return address;
  const url = new URL(address);
  [url.username, url.password] = [USER, passwordOf(token)];
  return url.href;
}
