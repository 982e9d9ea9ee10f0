import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { describe, it } from "node:test";
import { CordonError } from "../../core/errors.ts";
import type { Upstream } from "../../core/upstream.ts";
import { WatchedUpstream } from "../../proxy/watched-upstream.ts";
import { packumentBytes } from "../support/packument.ts";
import { fileUpstream } from "../support/upstream.ts";

describe("WatchedUpstream", () => {
  const registry = new URL("https://registry.example/");
  const late = new CordonError("UPSTREAM_TIMEOUT", "https://registry.example/plain did not answer in time");
  const unreachable = new CordonError("UPSTREAM_UNREACHABLE", "https://registry.example/plain cannot be reached");

  function watch(upstream: Partial<Upstream>): { watched: Upstream; noted: unknown[] } {
    const noted: unknown[] = [];
    const health = { answered: (result: unknown) => noted.push(result), failed: (error: unknown) => noted.push(error) };
    const unused = fileUpstream(() => Promise.reject(new Error("no file is asked for")));
    return { watched: new WatchedUpstream({ ...unused, ...upstream }, health), noted };
  }

  /** What is noted of a write that fails so, after this much of its body was sent. */
  async function notedOf(error: CordonError, stream: Readable, signal = new AbortController().signal) {
    const { watched, noted } = watch({ publishing: () => ({ registry, write: () => Promise.reject(error) }) });
    const request = { method: "PUT", path: "/plain", credentials: {}, body: { stream }, signal } as const;
    await assert.rejects(Promise.resolve(watched.publishing("plain").write?.(request)), error);
    return noted;
  }

  it("holds it against the registry when it is late with an answer to all that was sent", async () => {
    const stream = Readable.from(["{}"]);
    await stream.toArray();
    assert.deepEqual(await notedOf(late, stream), [late]);
  });

  it("does not hold it against the registry when a client leaves, or stops in the middle of what it sends", async () => {
    const stream = new PassThrough();
    stream.write("{");
    assert.deepEqual(await notedOf(late, stream), []);
    assert.deepEqual(await notedOf(unreachable, stream), [unreachable]);
    assert.deepEqual(await notedOf(unreachable, stream, AbortSignal.abort()), []);
  });

  it("notes of a document whether it could be read, once, and nothing of one that it did not send", async () => {
    const bytes = packumentBytes({ name: "plain", releases: [{ version: "1.0.0" }] });
    const document = () => Promise.resolve({ bytes, digest: "", etag: undefined });
    const { watched, noted } = watch({ document });
    watched.parse("plain", bytes);
    assert.throws(() => watched.parse("plain", Buffer.from("{}")), { code: "UPSTREAM_MALFORMED" });
    assert.deepEqual(noted, []);
    await watched.document("plain");
    assert.deepEqual(noted, []);
    watched.parse("plain", bytes);
    watched.parse("plain", bytes);
    assert.deepEqual(noted, ["ok"]);
  });

  it("notes what is asked of the registry that a package belongs to, and of the public one", async () => {
    const relay = () => Promise.resolve({ status: 200, body: Buffer.from("{}") });
    const { watched, noted } = watch({ relay, isPublic: (name) => Promise.resolve(name === "plain") });
    await watched.of("plain").relay({ method: "GET", path: "/-/npm/v1/keys" });
    await watched.isPublic("plain");
    await watched.isPublic("@acme/ui");
    assert.deepEqual(noted, ["ok", "ok", "not_found"]);
  });
});
