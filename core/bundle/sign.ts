/** A statement to a Sigstore bundle (v0.3, DSSE). */
import { bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder } from "@sigstore/sign";
import type { LocalSigner } from "./keys.ts";
import { PAYLOAD_TYPE } from "./manifest.ts";

/** Signs the statement's bytes exactly as they are; the result is the content of `bundle.sigstore.json`. */
export async function signStatement(statement: Uint8Array, signer: LocalSigner): Promise<string> {
  const builder = new DSSEBundleBuilder({ signer, witnesses: [] });
  const bundle = await builder.create({ data: Buffer.from(statement), type: PAYLOAD_TYPE });
  return `${JSON.stringify(bundleToJSON(bundle))}\n`;
}
