/** What a registry of crates has besides its index (The Cargo Book, "Web API"): searches, owners, and one release's document. */
import { own, ownString } from "../../json.ts";
import { isPackageName } from "../../purl.ts";
import { formatInstant, parseInstant } from "../../time.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import type { Question, RegistryRequest } from "../ecosystem.ts";

const CRATES = "/api/v1/crates";

/** `api` of the registry's config. */
export function apiOf(config: unknown): string | undefined {
  return ownString(config, "api");
}

/** A search, or who may publish a crate; undefined for all else. */
export function parseApi(path: string, query: string): RegistryRequest | undefined {
  if (path === CRATES) {
    const given = new URLSearchParams(query.slice(0, 1000));
    const known = ["q", "per_page", "page"].flatMap((key) => {
      const value = given.get(key);
      return value === null ? [] : [[key, value]];
    });
    return toRelay({ method: "GET", path: `${CRATES}?${new URLSearchParams(known)}`, tells: "text", toApi: true });
  }
  const [, name = ""] = /^\/api\/v1\/crates\/([^/]+)\/owners$/.exec(path) ?? [];
  if (!isPackageName("cargo", name)) return undefined;
  return toRelay({ method: "GET", path: `${CRATES}/${name}/owners`, about: name, toApi: true });
}

function toRelay(question: Question): RegistryRequest {
  return { kind: "relay", question };
}

/** The document on one release, which tells when it was published where the index does not. */
export function releaseQuestion(name: string, version: string | undefined): Question {
  const path = version === undefined ? `${CRATES}/${name}` : `${CRATES}/${name}/${encodeURIComponent(version)}`;
  return { method: "GET", path, about: name, toApi: true };
}

export function readRelease(document: unknown) {
  const release = own(document, "version");
  const version = ownString(release, "num");
  if (version === undefined || !VERSION_ORDERS.cargo.isValid(version)) return undefined;
  const instant = parseInstant(ownString(release, "created_at") ?? "");
  return { version, published: instant && formatInstant(instant) };
}
