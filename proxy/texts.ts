/** Texts that clients must have as they are: asked for once however many want one, and kept where they never change. */
import type { Question } from "../core/ecosystems/ecosystem.ts";
import type { Upstream } from "../core/upstream.ts";
import { createMemoryCache } from "./memory-cache.ts";

const MAX_BYTES = 32 * 1024 * 1024;

export class Texts {
  readonly #upstream: Upstream;
  readonly #kept = createMemoryCache<string, Uint8Array>(MAX_BYTES, ({ length }) => length + 500);
  readonly #asking = new Map<string, Promise<Uint8Array>>();

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** Throws what the upstream throws. */
  read(question: Question, isImmutable: boolean): Promise<Uint8Array> {
    const kept = this.#kept.get(question.path);
    if (kept) return Promise.resolve(kept);
    const running = this.#asking.get(question.path);
    if (running) return running;
    const asking = this.#upstream.text(question).finally(() => this.#asking.delete(question.path));
    this.#asking.set(question.path, asking);
    if (isImmutable) asking.then((bytes) => this.#kept.set(question.path, bytes)).catch(() => {});
    return asking;
  }
}
