/**
 * A Sigstore on loopback that signs for real: certificate authority (Fulcio) with its certificate log, transparency log
 * (Rekor, v1 and v2), timestamp authority, and the token endpoint of a CI runner. Built on @sigstore/mock's own parts,
 * whose package entry is left alone because it patches node:http.
 */
import "../../core/sigstore/crypto-compat.ts";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RFC3161Timestamp } from "@sigstore/core";
import { fulcioHandler, initializeCA, initializeCTLog } from "@sigstore/mock/dist/fulcio/index.js";
import { initializeTLog } from "@sigstore/mock/dist/rekor/index.js";
import { initializeTSA, tsaHandler } from "@sigstore/mock/dist/timestamp/index.js";
import { HashAlgorithm, PublicKeyDetails, TransparencyLogEntry, TrustedRoot } from "@sigstore/protobuf-specs";

export type Claims = Readonly<Record<string, string>>;

export const ISSUER = "https://token.actions.githubusercontent.com";
export const WORKFLOW = "https://github.com/acme/policy/.github/workflows/bundle.yml@refs/heads/main";

/** What GitHub's token says of a run; the certificate repeats it. */
export function runClaims(changes: Claims = {}): Claims {
  const { repository = "acme/policy", ref = "refs/heads/main", ...rest } = changes;
  const workflow = `${repository}/.github/workflows/bundle.yml@${ref}`;
  return {
    iss: ISSUER,
    sub: `repo:${repository}:ref:${ref}`,
    repository,
    repository_owner: repository.split("/")[0] ?? "",
    repository_id: "1234",
    repository_owner_id: "56",
    repository_visibility: "private",
    ref,
    sha: "a".repeat(40),
    workflow: "bundle",
    workflow_ref: workflow,
    workflow_sha: "a".repeat(40),
    job_workflow_ref: workflow,
    job_workflow_sha: "a".repeat(40),
    event_name: "push",
    run_id: "77",
    run_attempt: "1",
    runner_environment: "github-hosted",
    subject: `https://github.com/${workflow}`,
    ...rest,
  };
}

export interface MockSigstore {
  readonly url: string;
  /** The environment of a CI runner that may ask for tokens. */
  readonly environment: Readonly<Record<string, string>>;
  readonly requestToken: string;
  readonly trustedRoot: object;
  /** Tokens that were given out. */
  readonly tokens: readonly string[];
  readonly requests: readonly string[];
  claims: Claims;
  token(): string;
  close(): Promise<void>;
}

/** `logsCertificates`: whether its authority sends certificates to the certificate log before it gives them out. */
export async function startSigstore(claims = runClaims(), { logsCertificates = true } = {}): Promise<MockSigstore> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ctlog = await initializeCTLog(keyPair());
  const ca = await initializeCA(keyPair(), logsCertificates ? ctlog : undefined);
  const tlog = await initializeTLog(url, keyPair());
  const tsa = await initializeTSA(keyPair());
  const issue = fulcioHandler(ca, { subjectClaim: "subject" });
  const stamp = tsaHandler(tsa);
  const oidc = keyPair();
  const [tokens, requests]: [string[], string[]] = [[], []];
  const sigstore: MockSigstore = {
    url,
    requestToken: "the-runner's-request-token",
    environment: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "the-runner's-request-token",
    },
    trustedRoot: toTrustedRoot(url, {
      ca: [ca.rootCertificate],
      ctlog: ctlog.publicKey,
      tlog: tlog.publicKey,
      tsa: [tsa.intCertificate, tsa.rootCertificate],
    }),
    tokens,
    requests,
    claims,
    token() {
      const token = signToken(oidc, { aud: "sigstore", ...sigstore.claims });
      tokens.push(token);
      return token;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const routes: Readonly<Record<string, (body: string, request: IncomingMessage) => Promise<Reply> | Reply>> = {
    "/token": (_body, { headers }) =>
      headers.authorization === `Bearer ${sigstore.requestToken}`
        ? { status: 200, body: JSON.stringify({ value: sigstore.token() }) }
        : { status: 401, body: "no" },
    "/api/v2/signingCert": async (body) => toReply(await issue.fn(body)),
    "/api/v1/timestamp": async (body) => toReply(await readableStamp(() => stamp.fn(body))),
    "/api/v1/log/entries": async (body) => ({
      status: 201,
      body: JSON.stringify(await tlog.log(storedV1(JSON.parse(body)))),
    }),
    "/api/v2/log/entries": async (body) => ({ status: 201, body: JSON.stringify(await logV2(tlog, JSON.parse(body))) }),
  };
  server.on("request", async (request, response) => {
    const path = new URL(request.url ?? "/", url).pathname;
    requests.push(path);
    const answer = (await routes[path]?.(await bodyOf(request), request)) ?? { status: 404, body: "not found" };
    reply(response, answer);
  });
  return sigstore;
}

interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
}

type Handled = { readonly statusCode: number; readonly response: unknown };

function toReply({ statusCode, response }: Handled): Reply {
  return { status: statusCode, body: response as string | Uint8Array };
}

function reply(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function keyPair() {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function digest(data: Uint8Array | string): Buffer {
  return createHash("sha256").update(data).digest();
}

function signToken({ privateKey }: ReturnType<typeof keyPair>, claims: Claims): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "ES256", typ: "JWT" })}.${part({ iat: now, exp: now + 600, ...claims })}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

/** One in ten timestamps has a fraction of a second that @sigstore/core cannot read. */
async function readableStamp(make: () => Promise<Handled>): Promise<Handled> {
  for (let tries = 0; tries < 50; tries++) {
    const made = await make();
    try {
      if (RFC3161Timestamp.parse(Buffer.from(made.response as Uint8Array<ArrayBuffer>)).signingTime) return made;
    } catch {}
  }
  throw new Error("no readable timestamp in fifty tries");
}

interface ProposedDsse {
  readonly kind: string;
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/** What a log stores of a proposed entry; the mock's would only repeat the proposal. */
function storedV1(proposed: ProposedDsse): object {
  const { envelope, verifiers } = proposed.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: { sig: string }[] };
  const verifier = canonicalPem(verifiers[0] ?? "");
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: { algorithm: "sha256", value: digest(envelope).toString("hex") },
      payloadHash: { algorithm: "sha256", value: digest(Buffer.from(payload, "base64")).toString("hex") },
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier })),
    },
  };
}

/** A log stores a certificate in its own writing, in lines of 64; the mock's authority gives it in one. */
function canonicalPem(base64: string): string {
  const pem = Buffer.from(base64, "base64").toString("latin1");
  return Buffer.from(pem.replace(/.{64}(?=.)/g, "$&\n"), "latin1").toString("base64");
}

type TLog = Awaited<ReturnType<typeof initializeTLog>>;

async function logV2(tlog: TLog, request: { dsseRequestV002: V2Dsse }): Promise<unknown> {
  const { envelope, verifiers } = request.dsseRequestV002;
  const stored = {
    apiVersion: "0.0.2",
    kind: "dsse",
    spec: {
      dsseV002: {
        payloadHash: {
          algorithm: "SHA2_256",
          digest: digest(Buffer.from(envelope.payload, "base64")).toString("base64"),
        },
        signatures: envelope.signatures.map(({ sig }) => ({ content: sig, verifier: verifiers[0] })),
      },
    },
  };
  const entry = await tlog.logV2(stored as never);
  entry.kindVersion = { kind: "dsse", version: "0.0.2" };
  // A tree of one leaf: the mock's root hash is misspelt, and its index is of another tree.
  if (entry.inclusionProof) {
    entry.inclusionProof.rootHash = digest(Buffer.concat([Buffer.from([0]), entry.canonicalizedBody]));
    entry.inclusionProof.logIndex = "0";
  }
  return TransparencyLogEntry.toJSON({ ...entry, logIndex: "0", integratedTime: "0" });
}

interface V2Dsse {
  readonly envelope: { readonly payload: string; readonly signatures: readonly { readonly sig: string }[] };
  readonly verifiers: readonly unknown[];
}

type Certificate = ArrayBufferView<ArrayBuffer>;

interface Authorities {
  readonly ca: readonly Certificate[];
  readonly tsa: readonly Certificate[];
  readonly ctlog: Buffer;
  readonly tlog: Buffer;
}

/** Without the operators' names: the public instance's root has none, and cosign 2.5 does not know the field. */
function toTrustedRoot(url: string, { ca, tsa, ctlog, tlog }: Authorities): object {
  const start = new Date(Date.now() - 60_000);
  const authority = (certificates: readonly Certificate[]) => ({
    subject: { commonName: "sigstore", organization: "sigstore.mock" },
    uri: url,
    operator: "",
    validFor: { start },
    certChain: {
      certificates: certificates.map(({ buffer, byteOffset, byteLength }) => ({
        rawBytes: Buffer.from(buffer, byteOffset, byteLength),
      })),
    },
  });
  const log = (key: Buffer) => ({
    baseUrl: url,
    logId: { keyId: digest(key) },
    hashAlgorithm: HashAlgorithm.SHA2_256,
    operator: "",
    checkpointKeyId: undefined,
    publicKey: { rawBytes: key, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor: { start } },
  });
  return TrustedRoot.toJSON({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [authority(ca)],
    timestampAuthorities: [authority(tsa)],
    ctlogs: [log(ctlog)],
    tlogs: [log(tlog)],
  } as TrustedRoot) as object;
}
