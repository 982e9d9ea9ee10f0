/** A registry on a bare socket, for answers that no HTTP library would send. */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { type FixturePackage, packumentBytes, tarball } from "./packument.ts";

/** Writes what it likes, or nothing; the connection is closed with the registry at the latest. */
export type BareAnswer = (socket: Socket, head: string) => void;

export interface BareRegistry {
  readonly url: URL;
  /** The heads of the requests, in order. */
  readonly requests: readonly string[];
  put(pkg: FixturePackage): void;
  answer(path: string, answer: BareAnswer): void;
  close(): Promise<void>;
}

export async function startBareRegistry(): Promise<BareRegistry> {
  const answers = new Map<string, BareAnswer>();
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      requests.push(head);
      const path = decodeURIComponent(head.split(" ")[1] ?? "");
      const answer = answers.get(path) ?? ((other) => other.write(whole("{}", "404 Not Found")));
      answer(socket, head);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    url,
    requests,
    put(pkg) {
      answers.set(`/${pkg.name}`, (socket) => socket.write(whole(packumentBytes(pkg, url.origin))));
      for (const release of pkg.releases)
        answers.set(`/${pkg.name}/-/${pkg.name}-${release.version}.tgz`, (socket) =>
          socket.write(whole(tarball(pkg.name, release))),
        );
    },
    answer: (path, answer) => answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** An answer as it should be. */
export function whole(body: Uint8Array | string, status = "200 OK", headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `content-length: ${bytes.length}`, ...headers];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}

/** Says the same again and again, as fast as it is taken, or so many milliseconds apart; ends with the connection. */
export function endlessly(socket: Socket, bytes: Uint8Array | string, everyMs?: number): void {
  if (everyMs !== undefined) {
    const timer = setInterval(() => socket.write(bytes), everyMs);
    socket.once("close", () => clearInterval(timer));
    return;
  }
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", more);
  more();
}
