/**
 * Packages of one's own beside the public registry. A name belongs to one registry: it is never asked for at another,
 * so a stranger's package of the same name cannot take its place, and the public registry does not hear of it.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { CordonError } from "./errors.ts";
import { isObject } from "./json.ts";
import { createUpstream, type RelayRequest, type Upstream, type UpstreamOptions } from "./upstream.ts";

export interface PrivateRegistryOptions {
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
}

/** The upstream of an ecosystem: the public registry, and before it the operator's own. */
export function createRegistries({ private: own = [], ...open }: RegistriesOptions): Upstream {
  return withPrivate(
    createUpstream(open),
    own.map(({ packages, publish = false, ...registry }) => ({
      packages,
      upstream: createUpstream({ ...open, ...registry, publish, isPrivate: true }),
    })),
  );
}

export interface PrivateRegistry {
  readonly packages: readonly string[];
  readonly upstream: Upstream;
}

/** A question about one package, for the registry that has it. */
const ATTESTED = /^\/-\/npm\/v1\/attestations\/(.+)@[^@]+$/;
const BULK = /\/advisories\/bulk$/;
const MAX_BODY = 64 * 1024 * 1024;

/** The public upstream with the private ones before it; the first whose pattern fits has the name. */
export function withPrivate(open: Upstream, registries: readonly PrivateRegistry[]): Upstream {
  if (registries.length === 0) return open;
  const isPrivate = (name: string) =>
    registries.some(({ packages }) => packages.some((pattern) => fits(pattern, name)));
  const upstreamOf = (name: string): Upstream =>
    registries.find(({ packages }) => packages.some((pattern) => fits(pattern, name)))?.upstream ?? open;
  return {
    ecosystem: open.ecosystem,
    registry: open.registry,
    of: upstreamOf,
    isPublic: (name) => open.isPublic(name),
    document: (name, etag) => upstreamOf(name).document(name, etag),
    parse: (name, bytes) => upstreamOf(name).parse(name, bytes),
    listing: (name) => upstreamOf(name).listing(name),
    // By whose listing names it: a document of one registry must not lead to another with that one's token.
    file: (file, signal) => upstreamOf(file.packageName).file(file, signal),
    async relay(request) {
      const attested = ATTESTED.exec(decodeURIComponent(request.path.split("?", 1)[0] ?? ""))?.[1];
      return attested === undefined
        ? open.relay(await withoutNames(request, isPrivate))
        : upstreamOf(attested).relay(request);
    },
    publishing: (name) => upstreamOf(name).publishing(name),
  };
}

/** Names that differ in case only are taken for one. */
function fits(pattern: string, given: string): boolean {
  const name = given.toLowerCase();
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Takes private names out of what the public registry is told. Throws NO_ENDPOINT where that cannot be done. */
async function withoutNames(request: RelayRequest, isPrivate: (name: string) => boolean): Promise<RelayRequest> {
  const { method, path, body, encoding } = request;
  if (method === "GET") {
    // What people type there is not known.
    if (path.startsWith("/-/v1/search")) throw unavailable("searches, which may name private packages,");
    return request;
  }
  if (!BULK.test(path) || !body)
    throw unavailable("audits in this form, which would tell the names of private packages,");
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

function unavailable(what: string): CordonError {
  return new CordonError("NO_ENDPOINT", `${what} are not asked of the public registry`);
}
