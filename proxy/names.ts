/** The list of all packages, which some tools search; nothing is decided on by it. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Form } from "../core/ecosystems/ecosystem.ts";
import type { Upstream } from "../core/upstream.ts";
import type { RenderedListing } from "./listings.ts";

/** It has half a million names, and a new one every minute. */
const FRESH_MS = 10 * 60_000;
const compress = promisify(gzip);

interface Kept {
  readonly until: number;
  readonly rendered: Promise<RenderedListing>;
}

export class Names {
  readonly #upstream: Upstream;
  readonly #now: () => Date;
  readonly #kept = new Map<Form, Kept>();

  constructor(upstream: Upstream, now: () => Date) {
    this.#upstream = upstream;
    this.#now = now;
  }

  /** Asked for once, however many want it. Throws what the upstream throws. */
  read(form: Form): Promise<RenderedListing> {
    const kept = this.#kept.get(form);
    if (kept && this.#now().getTime() < kept.until) return kept.rendered;
    const until = this.#now().getTime() + FRESH_MS;
    const rendered = this.#render(form, new Date(until));
    this.#kept.set(form, { until, rendered });
    rendered.catch(() => this.#kept.delete(form));
    return rendered;
  }

  async #render(form: Form, until: Date): Promise<RenderedListing> {
    const names = await this.#upstream.names();
    const written = this.#upstream.ecosystem.names?.render(names, form) ?? { contentType: "", body: "" };
    const bytes = Buffer.from(written.body);
    const etag = createHash("sha256").update(bytes).digest("base64url");
    return { contentType: written.contentType, gzipped: await compress(bytes, { level: 6 }), etag, until };
  }
}
