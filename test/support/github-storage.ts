/** The host that GitHub sends downloads of assets to: another origin, where a signed address is all that is needed. */
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { listen, originOf, stop } from "./github-http.ts";

interface StorageOptions {
  readonly epoch: () => number;
  readonly linkSeconds: number;
  readonly contentOf: (repository: number, asset: number) => Uint8Array | undefined;
  readonly onRequest: (request: IncomingMessage, status: number) => void;
}

interface Storage {
  readonly origin: string;
  /** The address of an asset, good for a short while. */
  sign(repository: number, asset: number): string;
  close(): Promise<void>;
}

export async function startStorage({ epoch, linkSeconds, contentOf, onRequest }: StorageOptions): Promise<Storage> {
  const secret = randomBytes(32);
  const signature = (path: string, expires: string | null): string =>
    createHmac("sha256", secret).update(`${path} ${expires}`).digest("base64url");

  const server = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const expires = searchParams.get("se");
    const signed = searchParams.get("sig") === signature(pathname, expires) && Number(expires) > epoch();
    const [, repository, asset] = pathname.split("/");
    const content = signed ? contentOf(Number(repository), Number(asset)) : undefined;
    const { status, body, headers } = signed ? ranged(content, request.headers.range) : { status: 403 };
    response.writeHead(status, { "accept-ranges": "bytes", "content-length": body?.length ?? 0, ...headers });
    response.end(request.method === "HEAD" ? undefined : body);
    onRequest(request, status);
  });
  const origin = originOf(server);

  return {
    origin,
    sign(repository, asset) {
      const path = `/${repository}/${asset}`;
      const expires = `${epoch() + linkSeconds}`;
      return `${origin}${path}?se=${expires}&sig=${signature(path, expires)}`;
    },
    close: () => stop(server),
  };
}

interface Ranged {
  readonly status: number;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

function ranged(bytes: Uint8Array | undefined, range: string | undefined): Ranged {
  if (!bytes) return { status: 404 };
  const headers = { "content-type": "application/octet-stream" };
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === undefined || to === undefined || from + to === "") return { status: 200, body: bytes, headers };
  const start = from ? Number(from) : Math.max(bytes.length - Number(to), 0);
  const end = from && to ? Math.min(Number(to) + 1, bytes.length) : bytes.length;
  if (start >= end) return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  const content = `bytes ${start}-${end - 1}/${bytes.length}`;
  return { status: 206, body: bytes.subarray(start, end), headers: { ...headers, "content-range": content } };
}
