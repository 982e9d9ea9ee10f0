/** Where files come from in tests of what keeps them: bodies to measure, and how often they were asked for. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Digests } from "../../core/digest.ts";
import type { ReleaseFile } from "../../core/ecosystems/ecosystem.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import type { Upstream, UpstreamFile } from "../../core/upstream.ts";

export function digest(algorithm: string, ...chunks: readonly (string | Uint8Array)[]): string {
  const hash = createHash(algorithm);
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

export function fileOf(digests: Digests, name = "plain-1.0.0.tgz"): ReleaseFile {
  return { packageName: "plain", name, url: `https://registry.example/${name}`, digests };
}

export interface FileUpstream extends Upstream {
  /** Signals of those who asked, in order. */
  readonly asked: readonly (AbortSignal | undefined)[];
}

/** Answers each question for a file with what `answer` gives. */
export function fileUpstream(answer: () => Promise<UpstreamFile> | UpstreamFile): FileUpstream {
  const asked: (AbortSignal | undefined)[] = [];
  const unused = () => Promise.reject(new Error("only files are asked for here"));
  const upstream: FileUpstream = {
    ecosystem: npm,
    registry: new URL("https://registry.example/"),
    asked,
    of: () => upstream,
    isPublic: unused,
    document: unused,
    parse: npm.parseListing,
    listing: unused,
    relay: unused,
    named: unused,
    text: unused,
    names: unused,
    publishing: () => ({ registry: new URL("https://registry.example/") }),
    async file(_file, signal) {
      asked.push(signal);
      const given = await answer();
      signal?.addEventListener("abort", () => given.body.destroy(signal.reason));
      return given;
    },
  };
  return upstream;
}

export function body(stream: Readable, size?: number): UpstreamFile {
  return { body: stream, size };
}
