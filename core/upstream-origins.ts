/** Where an upstream may lead, and who gets to see its credentials. */
import type { Ecosystem } from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";
import { type LeavesOrigin, originOf } from "./http.ts";

/**
 * Origins; or `public`, for a public registry that everybody trusts to say where its files are: any that has a name in the
 * public's name space, by https.
 */
export type FileOrigins = readonly string[] | "public";

export interface Origins {
  /** Whether the address lies at the registry's own origin. Throws UPSTREAM_MALFORMED where it lies at none that the operator named. */
  require(url: URL, what: string): boolean;
  /** Where redirects of files may lead. */
  readonly leaves: LeavesOrigin;
}

/** A document must not send Cordon, or its credentials, to a host that the operator did not name. */
export function createOrigins(registry: URL, fileOrigins: FileOrigins): Origins {
  return {
    leaves: fileOrigins === "public" ? isPublic : fileOrigins,
    require(url, what) {
      const isOwn = url.origin === registry.origin;
      const isKnown = fileOrigins === "public" ? isPublic(url) : fileOrigins.includes(url.origin);
      if (!isOwn && !isKnown)
        throw new CordonError(
          "UPSTREAM_MALFORMED",
          `the upstream's document says that ${what} lies on another origin (${originOf(url)}), which \`proxy.fileOrigins\` does not name`,
        );
      return isOwn;
    },
  };
}

/** A registry, and what it is asked with. */
interface RegistryAccess {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  readonly token?: string;
}

/** What stands before the host of an address is sent as clients send it, and told nowhere. */
export function credentialsOf({ ecosystem, registry, token }: RegistryAccess) {
  const bare = new URL(registry);
  bare.username = "";
  bare.password = "";
  const [user, password] = [registry.username, registry.password].map(decodeURIComponent);
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const value = token === undefined ? basic : ecosystem.sendsBareTokens ? token : `Bearer ${token}`;
  return { registry: bare, authorization: token === undefined && user === "" ? {} : { authorization: value } };
}

/** No address, and no name that means something on this network alone. */
function isPublic({ protocol, hostname, port }: URL): boolean {
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(hostname);
  return (
    protocol === "https:" && port === "" && isName && !/\.(local|localhost|internal|lan|home|corp)$/.test(hostname)
  );
}
