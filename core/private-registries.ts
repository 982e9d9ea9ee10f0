/**
 * Packages of one's own beside the public registry. A name belongs to one registry: it is never asked for at another,
 * so a stranger's package of the same name cannot take its place, and the public registry does not hear of it.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { CordonError } from "./errors.ts";
import { isObject } from "./json.ts";
import type { PurlType } from "./purl.ts";
import type { RelayRequest, Upstream, UpstreamOptions } from "./upstream.ts";
import { createUpstream } from "./upstream-registry.ts";

export interface PrivateRegistryOptions {
  readonly ecosystem: PurlType;
  /** Names, or beginnings with a `*` behind. */
  readonly packages: readonly string[];
  readonly registry: URL;
  readonly token?: string;
  /** Whether clients may publish there; left out: no. */
  readonly publish?: boolean;
}

export interface RegistriesOptions extends Omit<UpstreamOptions, "token" | "isPrivate"> {
  /** Left out: none. */
  readonly private?: readonly PrivateRegistryOptions[];
  /** Makes each of them, for the packages named, or for all others; left out: createUpstream(). */
  readonly make?: (options: UpstreamOptions, packages?: readonly string[]) => Upstream;
}

/** The upstream of an ecosystem: the public registry, and before it the operator's own. */
export function createRegistries({ private: own = [], make = createUpstream, ...open }: RegistriesOptions): Upstream {
  return withPrivate(
    make(open),
    own
      .filter(({ ecosystem }) => ecosystem === open.ecosystem.type)
      .map(({ packages, registry, token, publish = false }) => ({
        packages,
        upstream: make(
          { ...open, ...ownOrigins(open), registry, ...(token && { token }), publish, isPrivate: true },
          packages,
        ),
      })),
  );
}

/** What everybody trusts the public registry to say, nobody trusts others to say. */
function ownOrigins({ fileOrigins = [] }: Pick<RegistriesOptions, "fileOrigins">) {
  return { fileOrigins: fileOrigins === "public" ? [] : fileOrigins };
}

export interface PrivateRegistry {
  readonly packages: readonly string[];
  readonly upstream: Upstream;
}

const MAX_BODY = 64 * 1024 * 1024;

/** The public upstream with the private ones before it; the first whose pattern fits has the name. */
function withPrivate(open: Upstream, registries: readonly PrivateRegistry[]): Upstream {
  if (registries.length === 0) return open;
  const { type } = open.ecosystem;
  const ownerOf = (name: string) =>
    registries.find(({ packages }) =>
      packages.some((pattern) => fits(comparable(type, pattern), comparable(type, name))),
    );
  const isPrivate = (name: string) => ownerOf(name) !== undefined;
  const upstreamOf = (name: string): Upstream => ownerOf(name)?.upstream ?? open;
  return {
    ecosystem: open.ecosystem,
    registry: open.registry,
    of: upstreamOf,
    isPublic: (name) => open.isPublic(name),
    document: (name, known) => upstreamOf(name).document(name, known),
    parse: (name, bytes) => upstreamOf(name).parse(name, bytes),
    listing: (name) => upstreamOf(name).listing(name),
    // By whose listing names it: a document of one registry must not lead to another with that one's token.
    file: (file, signal) => upstreamOf(file.packageName).file(file, signal),
    async relay(request) {
      return request.about === undefined
        ? open.relay(await withoutNames(request, isPrivate))
        : upstreamOf(request.about).relay(request);
    },
    named: (address) => open.named(address),
    text: (question) => (question.about === undefined ? open : upstreamOf(question.about)).text(question),
    // Those of the operator's own registries are for who knows them.
    names: async () => (await open.names()).filter((name) => !isPrivate(name)),
    publishing: (name) => upstreamOf(name).publishing(name),
  };
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Names that differ in case only are taken for one; and cargo, which does not find a crate, tries `_` for `-`. */
function comparable(type: PurlType, name: string): string {
  const lower = name.toLowerCase();
  return type === "cargo" ? lower.replaceAll("_", "-") : lower;
}

/** Takes private names out of what the public registry is told. Throws NO_ENDPOINT where that cannot be done. */
async function withoutNames(request: RelayRequest, isPrivate: (name: string) => boolean): Promise<RelayRequest> {
  const { tells, body, encoding } = request;
  if (tells === undefined) return request;
  if (tells === "text" || !body)
    throw new CordonError(
      "NO_ENDPOINT",
      "what may name private packages, such as a search or an audit in this form, is not asked of the public registry",
    );
  const names = await parseNames(body, encoding);
  const told = Buffer.from(JSON.stringify(Object.fromEntries(names.filter(([name]) => !isPrivate(name)))));
  return { ...request, body: encoding === "gzip" ? await promisify(gzip)(told) : told };
}

async function parseNames(body: Uint8Array, encoding: RelayRequest["encoding"]): Promise<[string, unknown][]> {
  try {
    const text = encoding === "gzip" ? await promisify(gunzip)(body, { maxOutputLength: MAX_BODY }) : Buffer.from(body);
    const value: unknown = JSON.parse(text.toString("utf8"));
    if (isObject(value)) return Object.entries(value);
  } catch {
    // What cannot be read is not passed on.
  }
  throw new CordonError("BAD_REQUEST", "the body is no object from names to versions");
}
