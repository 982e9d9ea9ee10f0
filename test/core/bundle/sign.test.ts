import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { keylessSigning, publicSigstore, type SigstoreUrls, signStatement } from "../../../core/bundle/sign.ts";
import { CordonError } from "../../../core/errors.ts";
import { type MockSigstore, startSigstore } from "../../support/sigstore.ts";

const STATEMENT = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');

describe("signing without a key", () => {
  let sigstore: MockSigstore;

  before(async () => {
    sigstore = await startSigstore();
  });

  after(() => sigstore.close());

  const urls = (): SigstoreUrls => ({ fulcio: sigstore.url, rekor: sigstore.url, rekorVersion: 1, tsa: sigstore.url });
  const providerOf = (token: string) => ({ getToken: async () => token });

  async function failure(signing: ReturnType<typeof keylessSigning>): Promise<CordonError> {
    try {
      await signStatement(STATEMENT, signing);
    } catch (error) {
      assert.ok(error instanceof CordonError);
      assert.equal(error.code, "SIGNING_FAILED");
      return error;
    }
    return assert.fail("it was signed");
  }

  it("asks for a certificate, an entry in the log, and a timestamp", async () => {
    const bundle = JSON.parse(await signStatement(STATEMENT, keylessSigning(urls(), providerOf(sigstore.token()))));
    assert.equal(bundle.mediaType, "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert.ok(bundle.verificationMaterial.certificate.rawBytes);
    assert.equal(bundle.verificationMaterial.tlogEntries.length, 1);
    assert.equal(bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps.length, 1);
    assert.equal(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString(), STATEMENT.toString());
    assert.deepEqual(
      new Set(sigstore.requests),
      new Set(["/api/v2/signingCert", "/api/v1/log/entries", "/api/v1/timestamp"]),
    );
  });

  it("shows nothing of the token when the token cannot be read", async () => {
    for (const token of ["not-a-token-but-secret", "eyJhbGciOiJub25lIiwieCI6MX0.not-JSON-at-all-here.c2lnbmF0dXJl"]) {
      const { message, cause, stack = "" } = await failure(keylessSigning(urls(), providerOf(token)));
      assert.equal(cause, undefined);
      for (const text of [message, stack]) {
        assert.ok(!text.includes(token), text);
        for (const part of token.split(".")) assert.ok(!text.includes(part), text);
      }
    }
  });

  it("shows nothing of the token when the authority repeats it", async () => {
    const token = sigstore.token();
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const message = `no certificate for ${JSON.parse(body).credentials.oidcIdentityToken}, Bearer ${token}`;
      response
        .writeHead(400, { "content-type": "application/json", connection: "close" })
        .end(JSON.stringify({ message }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fulcio = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { message } = await failure(keylessSigning({ ...urls(), fulcio }, providerOf(token)));
    await new Promise((resolve) => server.close(resolve));
    assert.match(message, /no certificate for \[token\]/);
    assert.ok(!message.includes(token));
    for (const part of token.split(".")) assert.ok(!message.includes(part));
  });

  it("says what to do where there is no identity", async () => {
    const provider = { getToken: () => Promise.reject(new Error("CI: no tokens available")) };
    const { message, next } = await failure(keylessSigning(urls(), provider));
    assert.match(message, /no tokens available/);
    assert.match(next, /id-token: write.*SIGSTORE_ID_TOKEN.*--key/);
  });

  it("knows where the public instance is, its timestamps included", () => {
    const { fulcio, rekor, rekorVersion, tsa } = publicSigstore();
    for (const url of [fulcio, rekor, tsa]) assert.equal(new URL(url ?? "").protocol, "https:");
    assert.equal(rekorVersion, 1);
  });
});
