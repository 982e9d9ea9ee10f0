/** An upstream of which it is noted how each question to it ends. */
import { finished } from "node:stream";
import type { Ecosystem, Listing, Question, ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import type { Publishing, WriteRequest } from "../core/publishing.ts";
import type {
  FetchedDocument,
  KnownDocument,
  RelayedAnswer,
  RelayRequest,
  Upstream,
  UpstreamFile,
} from "../core/upstream.ts";
import type { UpstreamHealth, UpstreamResult } from "./upstream-health.ts";

/** Written out method by method: where one is added to Upstream, this does not compile until it is noted here. */
export class WatchedUpstream implements Upstream {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  readonly #upstream: Upstream;
  readonly #health: Pick<UpstreamHealth, "answered" | "failed">;
  /** Documents that came, and of which nobody knows yet whether they can be judged. */
  readonly #unread = new WeakSet<Uint8Array>();

  constructor(upstream: Upstream, health: Pick<UpstreamHealth, "answered" | "failed">) {
    this.ecosystem = upstream.ecosystem;
    this.registry = upstream.registry;
    this.#upstream = upstream;
    this.#health = health;
  }

  of(): Upstream {
    return this;
  }

  isPublic(name: string): Promise<boolean> {
    return this.#noted(this.#upstream.isPublic(name), (isThere) => (isThere ? "ok" : "not_found"));
  }

  async document(name: string, known?: KnownDocument): Promise<FetchedDocument | undefined> {
    const asked = this.#upstream.document(name, known);
    const document = await this.#noted(asked, (answer) => (answer ? undefined : "not_modified"));
    if (document) this.#unread.add(document.bytes);
    return document;
  }

  /** A page that says that the server is down comes like a document: what came has answered once it is read. */
  parse(name: string, bytes: Uint8Array): Listing {
    const isNew = this.#unread.delete(bytes);
    try {
      const listing = this.#upstream.parse(name, bytes);
      if (isNew) this.#health.answered("ok");
      return listing;
    } catch (error) {
      if (isNew) this.#health.failed(error);
      throw error;
    }
  }

  listing(name: string): Promise<Listing> {
    return this.#noted(this.#upstream.listing(name), () => "ok");
  }

  names(): Promise<readonly string[]> {
    return this.#noted(this.#upstream.names(), () => "ok");
  }

  relay(request: RelayRequest): Promise<RelayedAnswer> {
    return this.#noted(this.#upstream.relay(request), resultOf);
  }

  text(question: Question): Promise<Uint8Array> {
    return this.#noted(this.#upstream.text(question), () => "ok");
  }

  named(address: string): Promise<RelayedAnswer> {
    return this.#noted(this.#upstream.named(address), resultOf);
  }

  /** A file has answered once its last byte has come, or its reader wants no more. */
  async file(file: ReleaseFile, signal?: AbortSignal): Promise<UpstreamFile> {
    const wasLeft = () => signal?.aborted ?? false;
    const answer = await this.#noted(this.#upstream.file(file, signal), () => undefined, wasLeft);
    const { body } = answer;
    finished(body, () => {
      if (!body.errored) this.#health.answered("ok");
      else if (!wasLeft()) this.#health.failed(body.errored);
    });
    return answer;
  }

  publishing(name: string): Publishing {
    const { registry, write } = this.#upstream.publishing(name);
    if (!write) return { registry };
    return {
      registry,
      write: (request) => this.#noted(write(request), resultOf, (error) => isClients(error, request)),
    };
  }

  /** Notes how it ends; nothing where the result is not known yet, or where the failure is not the upstream's. */
  async #noted<T>(
    asked: Promise<T>,
    resultOf: (answer: T) => UpstreamResult | undefined,
    isOthers: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    try {
      const answer = await asked;
      const result = resultOf(answer);
      if (result) this.#health.answered(result);
      return answer;
    } catch (error) {
      if (!isOthers(error)) this.#health.failed(error);
      throw error;
    }
  }
}

function resultOf({ status }: { readonly status: number }): UpstreamResult {
  return status < 400 ? "ok" : "refused";
}

/** A client that leaves, or stops in the middle of what it sends, must not make the registry look as if it were away. */
function isClients(error: unknown, { signal, body }: WriteRequest): boolean {
  const isLate = error instanceof CordonError && error.code === "UPSTREAM_TIMEOUT";
  return signal.aborted || (isLate && body !== undefined && !body.stream.readableEnded);
}
