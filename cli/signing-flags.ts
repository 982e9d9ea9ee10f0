/** The flags that say who signs, and through which Sigstore instance. */
import { Flags } from "@oclif/core";
import { keylessSigning, publicSigstore, type Signing } from "../core/bundle/sign.ts";
import { signingWithKeyFile } from "./bundle.ts";
import { never } from "./flag-relations.ts";

const url = (description: string, env: string) =>
  Flags.string({ description, env, helpGroup: "SIGSTORE", relationships: never("key") });

export const SIGNING_FLAGS = {
  key: Flags.string({
    description: "private key in PEM (P-256 or ed25519), as `bundle keygen` makes one [default: keyless signing]",
  }),
  fulcio: url("certificate authority [default: the public one]", "CORDON_FULCIO_URL"),
  rekor: url(
    "transparency log, or `none`: then the timestamp alone bears witness [default: the public one]",
    "CORDON_REKOR_URL",
  ),
  "rekor-version": Flags.integer({
    description: "the log's API; Cordon verifies both, cosign only 1",
    env: "CORDON_REKOR_VERSION",
    helpGroup: "SIGSTORE",
    options: ["1", "2"],
    relationships: never("key"),
  }),
  tsa: url("timestamp authority [default: the public one]", "CORDON_TSA_URL"),
};

export interface SigningFlags {
  readonly key: string | undefined;
  readonly fulcio: string | undefined;
  readonly rekor: string | undefined;
  readonly "rekor-version": number | undefined;
  readonly tsa: string | undefined;
}

/** Throws KEY_INVALID, FILE_UNREADABLE. */
export function toSigning({ key, ...flags }: SigningFlags): Signing {
  return key === undefined ? keylessWith(flags) : signingWithKeyFile(key);
}

/** As the CI run that this is; what is not named is the public Sigstore's. */
export function keylessWith(flags: Omit<SigningFlags, "key">): Signing {
  const known = publicSigstore();
  return keylessSigning({
    fulcio: flags.fulcio ?? known.fulcio,
    rekor: flags.rekor === "none" ? null : (flags.rekor ?? known.rekor),
    rekorVersion: flags["rekor-version"] === 2 ? 2 : known.rekorVersion,
    tsa: flags.tsa ?? known.tsa,
  });
}
