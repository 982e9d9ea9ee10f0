/** A registry that signs what it serves, as the npm registry does (docs: "ECDSA registry signatures"). */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { FixtureRegistry } from "./registry.ts";

export interface RegistryKey {
  /** As `/-/npm/v1/keys` lists it. */
  readonly listed: Readonly<Record<string, string | null>>;
  /** Of `NAME@VERSION:INTEGRITY`, as `dist.signatures` has it. */
  sign(text: string): { readonly keyid: string; readonly sig: string };
}

export function makeRegistryKey(): RegistryKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const der = publicKey.export({ type: "spki", format: "der" });
  const keyid = `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`;
  const scheme = "ecdsa-sha2-nistp256";
  return {
    listed: { expires: null, keyid, keytype: scheme, scheme, key: der.toString("base64") },
    sign: (text) => ({ keyid, sig: sign("sha256", Buffer.from(text), privateKey).toString("base64") }),
  };
}

export function answerKeys(registry: FixtureRegistry, ...keys: readonly RegistryKey[]): void {
  registry.answer("/-/npm/v1/keys", (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: keys.map(({ listed }) => listed) }));
  });
}
