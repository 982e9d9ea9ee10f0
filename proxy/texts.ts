/** Texts that clients must have as they are: asked for once however many want one, and kept where they never change. */
import type { Question } from "../core/ecosystems/ecosystem.ts";
import type { Upstream } from "../core/upstream.ts";
import { createMemoryCache } from "./memory-cache.ts";

const MAX_BYTES = 32 * 1024 * 1024;
/** Long enough for a build, and not for ever: nothing tells whether a text is the right one. */
const KEPT_MS = 60 * 60_000;

export class Texts {
  readonly #upstream: Upstream;
  readonly #now: () => Date;
  readonly #kept = createMemoryCache<string, { readonly bytes: Uint8Array; readonly until: number }>(
    MAX_BYTES,
    ({ bytes }) => bytes.length + 500,
  );
  readonly #asking = new Map<string, Promise<Uint8Array>>();

  constructor(upstream: Upstream, now: () => Date) {
    this.#upstream = upstream;
    this.#now = now;
  }

  /** Kept is what never changes, as far as its bytes tell. Throws what the upstream throws. */
  read(question: Question, isImmutable: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
    const kept = this.#kept.get(question.path);
    if (kept && this.#now().getTime() < kept.until) return Promise.resolve(kept.bytes);
    const running = this.#asking.get(question.path);
    if (running) return running;
    const asking = this.#ask(question, isImmutable).finally(() => this.#asking.delete(question.path));
    this.#asking.set(question.path, asking);
    return asking;
  }

  async #ask(question: Question, isImmutable: (bytes: Uint8Array) => boolean): Promise<Uint8Array> {
    const bytes = await this.#upstream.text(question);
    if (isImmutable(bytes)) this.#kept.set(question.path, { bytes, until: this.#now().getTime() + KEPT_MS });
    return bytes;
  }
}
