/** A small Go module proxy on loopback that counts what it is asked. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { OLD } from "./packument.ts";
import type { Answer } from "./registry.ts";
import { zip } from "./zip.ts";

export interface FixtureModuleVersion {
  readonly version: string;
  /** RFC 3339; left out: long ago; null: it does not say. */
  readonly published?: string | null;
  /** The repository that it says to be taken from; left out: it does not say. */
  readonly origin?: string;
  /** Module path to version. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Lines of go.mod besides. */
  readonly directives?: readonly string[];
  /** What its zip has in place of go.mod and a package. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the list leaves it out, as it does pseudo-versions. */
  readonly isUnlisted?: boolean;
}

export interface FixtureModule {
  readonly path: string;
  readonly versions: readonly FixtureModuleVersion[];
  /** What a branch, or the beginning of a commit, stands for. */
  readonly branches?: Readonly<Record<string, string>>;
}

export interface FixtureModules {
  readonly url: URL;
  /** The paths asked for, in order. */
  readonly requests: string[];
  readonly asked: readonly { readonly path: string; readonly agent: string | undefined }[];
  put(module: FixtureModule): void;
  /** Answers a path in its own way; stands before the modules. */
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
}

export async function startModules(modules: readonly FixtureModule[] = []): Promise<FixtureModules> {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const asked: { path: string; agent: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    requests.push(path);
    asked.push({ path, agent: request.headers["user-agent"] });
    const answer = answers.get(path);
    if (answer) return answer(request, response);
    const body = bodyOf(path, byPath);
    response.statusCode = body === undefined ? 404 : 200;
    return response.end(body ?? "not found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    requests,
    asked,
    put: (module) => byPath.set(module.path, module),
    answer: (path, answer) => answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Undefined where there is nothing. */
function bodyOf(path: string, byPath: ReadonlyMap<string, FixtureModule>): string | Uint8Array | undefined {
  const [, escaped = "", what = ""] = /^\/(.+)\/(@latest|@v\/.+)$/.exec(path) ?? [];
  const module = byPath.get(escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  if (!module) return undefined;
  const { versions, branches = {} } = module;
  if (what === "@v/list")
    return versions.flatMap(({ version, isUnlisted }) => (isUnlisted ? [] : [`${version}\n`])).join("");
  const newest = versions.at(-1);
  if (what === "@latest") return newest && infoOf(newest);
  const [, query = "", ending] = /^@v\/(.+)\.(info|mod|zip)$/.exec(what) ?? [];
  const found = versions.find(({ version }) => version === (branches[query] ?? query));
  if (!found) return undefined;
  if (ending === "info") return infoOf(found);
  return ending === "mod" ? modOf(module, found) : zipOf(module, found);
}

function infoOf({ version, published = OLD, origin }: FixtureModuleVersion): string {
  return JSON.stringify({
    Version: version,
    ...(published !== null && { Time: published }),
    ...(origin !== undefined && { Origin: { VCS: "git", URL: origin } }),
  });
}

export function modOf({ path }: FixtureModule, { requires = {}, directives = [] }: FixtureModuleVersion): string {
  const lines = Object.entries(requires).map(([name, version]) => `require ${name} ${version}`);
  return [`module ${path}`, "", "go 1.16", ...lines, ...directives, ""].join("\n");
}

export function zipOf(module: FixtureModule, version: FixtureModuleVersion): Uint8Array {
  return zip(entriesOf(module, version));
}

/** The module zip format (Go Modules Reference, "Module zip files"). */
export function entriesOf(module: FixtureModule, version: FixtureModuleVersion): { name: string; content: string }[] {
  const top = `${module.path}@${version.version}`;
  const [name = ""] = module.path
    .split("/")
    .filter((part) => !/^v\d+$/.test(part))
    .slice(-1);
  const imports = Object.keys(version.requires ?? {}).map((path) => `import _ "${path}"\n`);
  const files = version.files ?? {
    "go.mod": modOf(module, version),
    [`${name}.go`]: `package ${name.replace(/\W/g, "")}\n\n${imports.join("")}\nconst Version = "${version.version}"\n`,
  };
  return Object.entries(files).map(([path, content]) => ({ name: `${top}/${path}`, content }));
}
