/** Whether an attestation of origin is good, and what it proves: an in-toto statement in a Sigstore bundle (DSSE). */
import "./crypto-compat.ts";
import { bundleFromJSON } from "@sigstore/bundle";
import type { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import type { Attestation } from "../../schemas/types/facts.ts";
import type { Digests } from "../digest.ts";
import { messageOf } from "../errors.ts";
import { own, ownString } from "../json.ts";
import { parsePurl, toPurl } from "../purl.ts";
import { oneLine } from "../words.ts";
import { claimsOf } from "./identity.ts";

/** What an attestation must be about. */
export interface Subject {
  /** A purl, or the name of a file. */
  readonly name: string;
  readonly digests: Digests;
  /** What may be said of it: beginnings of predicate types. */
  readonly predicates: readonly string[];
}

const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const MAX_TEXT = 300;
/** A registry lists one or two. */
const MAX_BUNDLES = 8;

/** The first that is good; else why the last one is not. `bundles` are JSON from a stranger. */
export function verifyProvenance(bundles: readonly unknown[], subject: Subject, root: TrustedRoot): Attestation {
  let problem = "the registry has none";
  for (const bundle of bundles.slice(0, MAX_BUNDLES)) {
    try {
      return verifyOne(bundle, subject, root);
    } catch (error) {
      problem = messageOf(error);
    }
  }
  return { verified: false, problem: oneLine(problem, MAX_TEXT) };
}

/** In the order in which they are written: what is signed, by whom, and then what it says. Throws the reason. */
function verifyOne(json: unknown, subject: Subject, root: TrustedRoot): Attestation {
  const bundle = bundleFromJSON(json);
  const { content } = bundle;
  if (content.$case !== "dsseEnvelope" || content.dsseEnvelope.payloadType !== PAYLOAD_TYPE)
    throw new Error("it signs no in-toto statement");
  // A key is the registry's own: it bears witness to the publication, not to the build.
  if (bundle.verificationMaterial.content.$case === "publicKey") throw new Error("it is not signed by a builder");
  const verifier = new Verifier(toTrustMaterial(root), { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
  const signer = verifier.verify(toSignedEntity(bundle));
  verifyStatement(JSON.parse(content.dsseEnvelope.payload.toString("utf8")), subject);
  const { issuer, repository, workflow } = claimsOf(signer.identity ?? {});
  return {
    verified: true,
    ...(issuer && { issuer: oneLine(issuer, MAX_TEXT) }),
    ...(repository && { repository: oneLine(repository, MAX_TEXT) }),
    ...(workflow && { workflow: oneLine(workflow, MAX_TEXT) }),
  };
}

/** A good attestation of another release, or of other bytes, would do for everything its builder ever built. */
function verifyStatement(statement: unknown, { name, digests, predicates }: Subject): void {
  const said = ownString(statement, "predicateType") ?? "";
  if (!predicates.some((predicate) => said.startsWith(predicate))) throw new Error("it attests something else");
  const subjects = own(statement, "subject");
  const named = Array.isArray(subjects) ? subjects.filter((one) => isSame(ownString(one, "name") ?? "", name)) : [];
  if (named.length === 0) throw new Error("it is about another release");
  // Strong digests only: the others can be forged, or are not there.
  const { sha512, sha384, sha256 } = digests;
  const isTheFile = named.some((candidate) =>
    Object.entries({ sha512, sha384, sha256 }).some(
      ([algorithm, hex]) => hex !== undefined && ownString(own(candidate, "digest"), algorithm) === hex,
    ),
  );
  if (!isTheFile) throw new Error("it is about a file with other bytes");
}

/** Purls are written in more than one way; names of files are not. */
function isSame(written: string, name: string): boolean {
  try {
    return written === name || (name.startsWith("pkg:") && toPurl(parsePurl(written)) === name);
  } catch {
    return false;
  }
}
