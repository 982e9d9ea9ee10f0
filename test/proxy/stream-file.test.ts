import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import type { Digests } from "../../core/digest.ts";
import type { ReleaseFile } from "../../core/ecosystems/ecosystem.ts";
import { CordonError } from "../../core/errors.ts";
import { streamFile } from "../../proxy/stream-file.ts";

const digest = (algorithm: string, ...chunks: string[]): string =>
  createHash(algorithm).update(chunks.join("")).digest("hex");

function fileOf(digests: Digests): ReleaseFile {
  return { name: "plain-1.0.0.tgz", url: "https://registry.example/plain-1.0.0.tgz", digests };
}

/** One request: what its client has got so far, and how the answer ended at our side. */
interface Exchange {
  readonly client: Socket;
  readonly response: ServerResponse;
  readonly streamed: Promise<unknown>;
  received(): string;
}

describe("streamFile()", () => {
  let server: Server;
  let serve: (response: ServerResponse) => void;

  before(async () => {
    server = createServer((_request, response) => serve(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Asks, and answers with the body; a failure of the stream is what `streamed` comes to. */
  async function exchange(file: ReleaseFile, body: Readable, size?: number): Promise<Exchange> {
    let text = "";
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => {}).on("data", (chunk) => (text += chunk));
    const asked = new Promise<ServerResponse>((resolve) => (serve = resolve));
    client.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    const response = await asked;
    if (size !== undefined) response.setHeader("content-length", size);
    const streamed = streamFile(file, { body, size }, response).then(
      () => "done",
      (error: unknown) => error,
    );
    return { client, response, streamed, received: () => text.slice(text.indexOf("\r\n\r\n") + 4) };
  }

  it("delivers the bytes of the digest, whatever the chunks", async () => {
    for (const chunks of [["one"], ["one", "two", "three"], []]) {
      const file = fileOf({ sha512: digest("sha512", ...chunks) });
      const { client, streamed, received } = await exchange(
        file,
        Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
        chunks.join("").length,
      );
      await once(client, "close");
      assert.equal(await streamed, "done");
      assert.equal(received(), chunks.join(""));
    }
  });

  it("holds the last chunk back until the upstream's end shows that the digest is right", async () => {
    const body = new PassThrough();
    const { client, streamed, received } = await exchange(
      fileOf({ sha256: digest("sha256", "onetwothree") }),
      body,
      "onetwothree".length,
    );
    body.write("one");
    body.write("two");
    body.write("three");
    await until(() => received() === "onetwo");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(received(), "onetwo");
    body.end();
    await once(client, "close");
    assert.deepEqual([await streamed, received()], ["done", "onetwothree"]);
  });

  const RIGHT = "onetwo";
  const WRONG: readonly [name: string, digests: Digests][] = [
    ["other bytes", { sha512: digest("sha512", "something else") }],
    ["a right weak digest beside a wrong strong one", { sha512: digest("sha512", "x"), sha1: digest("sha1", RIGHT) }],
    ["no digest at all", {}],
  ];
  for (const [name, digests] of WRONG) {
    for (const size of [RIGHT.length, undefined]) {
      it(`never completes with ${name}, ${size === undefined ? "chunked" : "with a length"}`, async () => {
        const { client, response, streamed, received } = await exchange(
          fileOf(digests),
          Readable.from([Buffer.from("one"), Buffer.from("two")]),
          size,
        );
        await once(client, "close");
        const error = await streamed;
        assert.ok(error instanceof CordonError);
        assert.equal(error.code, "DIGEST_MISMATCH");
        assert.match(error.message, /^the bytes of plain-1\.0\.0\.tgz are not those/);
        assert.doesNotMatch(received(), /two|0\r\n\r\n$/);
        assert.equal(response.writableFinished, false);
      });
    }
  }

  it("takes a body that is too short for a wrong one, though the upstream ended it well", async () => {
    const { client, streamed } = await exchange(
      fileOf({ sha512: digest("sha512", "onetwo") }),
      Readable.from([Buffer.from("one")]),
      RIGHT.length,
    );
    await once(client, "close");
    assert.equal(((await streamed) as CordonError).code, "DIGEST_MISMATCH");
  });

  it("closes the connection when the upstream fails midway, and tells why", async () => {
    const body = new PassThrough();
    const { client, streamed, received } = await exchange(fileOf({ sha512: digest("sha512", RIGHT) }), body, 1000);
    body.write("one");
    body.write("two");
    await until(() => received() === "one");
    body.destroy(new CordonError("UPSTREAM_TIMEOUT", "too slow"));
    await once(client, "close");
    assert.equal(((await streamed) as CordonError).code, "UPSTREAM_TIMEOUT");
    assert.equal(received(), "one");
  });

  it("lets go of the upstream when the client has left before", async () => {
    const gone = new PassThrough();
    const asked = new Promise<ServerResponse>((resolve) => (serve = resolve));
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    const response = await asked;
    const left = new Promise((resolve) => response.once("close", resolve));
    client.destroy();
    await left;
    await streamFile(fileOf({ sha512: digest("sha512", RIGHT) }), { body: gone, size: undefined }, response);
    assert.equal(gone.destroyed, true);
  });

  it("lets go of the upstream when the client leaves midway", async () => {
    const body = new PassThrough();
    const { client, streamed, received } = await exchange(fileOf({ sha512: digest("sha512", RIGHT) }), body);
    body.write("one");
    body.write("two");
    await until(() => received().includes("one"));
    client.destroy();
    const error = await streamed;
    assert.ok(error instanceof Error && !(error instanceof CordonError), String(error));
    assert.equal(body.destroyed, true);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 5000, "it does not come about");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
