/** What an HTTP API has around its answers: servers, bodies, pages and how much a client may ask. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer } from "./github-state.ts";

export async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

export const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

export const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });

/** The body; what is too much of it is read and let go, so that an answer arrives. */
export async function read(request: IncomingMessage, max: number): Promise<Uint8Array | "too-long" | "cut"> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= max) chunks.push(chunk);
    }
  } catch {
    return "cut";
  }
  return size <= max ? Buffer.concat(chunks) : "too-long";
}

export function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** One page of a list; GitHub names the addresses of the others by the repository's id. */
export function pageOf(url: URL, repositoryId: number, all: readonly unknown[]): Answer {
  const size = Math.min(Math.max(Number(url.searchParams.get("per_page")) || 30, 1), 100);
  const number = Math.max(Number(url.searchParams.get("page")) || 1, 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const path = url.pathname.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${repositoryId}`);
  const link = (rel: string, to: number): string => `<${url.origin}${path}?per_page=${size}&page=${to}>; rel="${rel}"`;
  const links = [
    ...(number > 1 ? [link("prev", Math.min(number - 1, last))] : []),
    ...(number < last ? [link("next", number + 1), link("last", last)] : []),
    ...(number > 1 ? [link("first", 1)] : []),
  ];
  const body = all.slice((number - 1) * size, number * size);
  return { status: 200, body, ...(links.length > 0 && { headers: { link: links.join(", ") } }) };
}

const HOUR_S = 3600;

/** What remains of a client's requests in this hour. */
export function makeBudget(limit: number, epoch: () => number) {
  let left = limit;
  let reset = epoch() + HOUR_S;
  const remaining = (): number => {
    if (epoch() >= reset) {
      left = limit;
      reset = epoch() + HOUR_S;
    }
    return left;
  };
  return {
    remaining,
    set(value: number): void {
      left = value;
    },
    spend(): void {
      left = Math.max(0, remaining() - 1);
    },
    headers: (): Record<string, string> => ({
      "x-ratelimit-limit": `${limit}`,
      "x-ratelimit-remaining": `${left}`,
      "x-ratelimit-reset": `${reset}`,
      "x-ratelimit-used": `${Math.max(0, limit - left)}`,
      "x-ratelimit-resource": "core",
    }),
  };
}
