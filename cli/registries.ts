/** The registries behind the ecosystems, as the command line and `cordon.yaml` name them. */
import { dirname, resolve } from "node:path";
import { type CordonConfig, upstreamUrl } from "../core/config.ts";
import type { Ecosystem } from "../core/ecosystems/ecosystem.ts";
import { ECOSYSTEMS } from "../core/ecosystems/index.ts";
import { CordonError } from "../core/errors.ts";
import type { Fetch } from "../core/http.ts";
import { createRegistries, type PrivateRegistryOptions } from "../core/private-registries.ts";
import { isPurlType, type PurlType } from "../core/purl.ts";
import { openRoot, type RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import type { FileOrigins } from "../core/upstream-origins.ts";
import type { PrivateRegistry } from "../schemas/types/cordon.ts";

export interface RegistrySettings {
  /** Addresses by ecosystem; those given on the command line come before those of the file. */
  readonly upstreams: ReadonlyMap<string, string>;
  readonly config: CordonConfig;
  /** What relative paths of the config are relative to. */
  readonly base: string;
}

/** Reads `--upstream ECOSYSTEM=URL` options. Throws USAGE. */
function parseUpstreams(options: readonly string[]): Map<PurlType, string> {
  return new Map(
    options.map((option) => {
      const at = option.indexOf("=");
      const type = option.slice(0, at);
      if (at < 0 || !isPurlType(type))
        throw new CordonError("USAGE", `--upstream ${option} does not read ECOSYSTEM=URL`);
      return [type, option.slice(at + 1)];
    }),
  );
}

export function registrySettings(
  config: CordonConfig,
  path: string | undefined,
  upstream: readonly string[] | undefined,
): RegistrySettings {
  const upstreams = new Map([...Object.entries(config.upstreams ?? {}), ...parseUpstreams(upstream ?? [])]);
  return { upstreams, config, base: path === undefined ? "." : dirname(path) };
}

/** Undefined for an ecosystem that is not served yet. Throws USAGE. */
export function openRegistry(type: PurlType, settings: RegistrySettings, fetch: Fetch): Upstream | undefined {
  const ecosystem = ECOSYSTEMS.get(type);
  if (!ecosystem) return undefined;
  return createRegistries({
    ecosystem,
    registry: upstreamUrl(type, settings.upstreams.get(type)),
    private: privateRegistries(settings.config),
    fileOrigins: fileOriginsOf(ecosystem, settings),
    fetch,
  });
}

/** The registry of each ecosystem that is served. Throws USAGE. */
export function upstreamUrls({ upstreams }: RegistrySettings): Map<PurlType, URL> {
  return new Map([...ECOSYSTEMS.keys()].map((type) => [type, upstreamUrl(type, upstreams.get(type))]));
}

/** Of each ecosystem that is served. Throws USAGE. */
export function fileOrigins(settings: RegistrySettings): Map<PurlType, FileOrigins> {
  return new Map([...ECOSYSTEMS].map(([type, ecosystem]) => [type, fileOriginsOf(ecosystem, settings)]));
}

/** What the operator names; else, for the public registry, where that says. */
function fileOriginsOf(ecosystem: Ecosystem, { upstreams, config }: RegistrySettings): FileOrigins {
  const { type, filesLieElsewhere } = ecosystem;
  const named = Object.entries(config.proxy?.fileOrigins ?? {}).find(([ecosystem]) => ecosystem === type)?.[1];
  if (named) return named;
  const isPublic = upstreamUrl(type, upstreams.get(type)).href === ecosystem.publicRegistry();
  return isPublic && filesLieElsewhere ? "public" : [];
}

/** Throws USAGE where a token is named and not there: requests without it would only seem to be refused. */
export function privateRegistries({ proxy }: CordonConfig): PrivateRegistryOptions[] {
  return (proxy?.private ?? []).map(toPrivateRegistry);
}

function toPrivateRegistry(given: PrivateRegistry): PrivateRegistryOptions {
  const { ecosystem, packages, registry, tokenVariable, publish = false } = given;
  const token = tokenVariable === undefined ? undefined : process.env[tokenVariable];
  if (tokenVariable !== undefined && !token)
    throw new CordonError("USAGE", `the token of ${new URL(registry).origin} is not there: set ${tokenVariable}`);
  return { ecosystem, packages, registry: new URL(registry), publish, ...(token && { token }) };
}

/** Whose certificates count for build attestations; `cacheDir` is for what TUF gives. Throws TRUST_INVALID, FILE_UNREADABLE. */
export function attestationRoot({ config, base }: Omit<RegistrySettings, "upstreams">, cacheDir: string): RootSource {
  const { trustedRoot, mirror, root } = config.proxy?.attestations ?? {};
  const isFile = trustedRoot !== undefined && !["embedded", "tuf"].includes(trustedRoot);
  return openRoot(
    {
      ...(trustedRoot !== undefined && { trustedRoot: isFile ? resolve(base, trustedRoot) : trustedRoot }),
      ...(mirror !== undefined && { mirror }),
      ...(root !== undefined && { root }),
    },
    { base, cacheDir },
  );
}
