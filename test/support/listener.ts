/** A host on loopback that is no registry: what reaches it went past the proxy. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listener {
  readonly url: string;
  readonly requests: readonly string[];
  /** The Authorization header of each. */
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** `answer` gives a body, or nothing: 502. As an https proxy it lets nobody out. */
export async function listen(answer: () => Uint8Array | undefined = () => undefined): Promise<Listener> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request.url ?? "");
    authorizations.push(request.headers.authorization);
    const body = answer();
    response.statusCode = body ? 200 : 502;
    response.setHeader("content-type", "application/octet-stream");
    response.end(body);
  });
  server.on("connect", (request, socket) => {
    requests.push(request.url ?? "");
    authorizations.push(request.headers.authorization);
    socket.on("error", () => {}); // some leave without waiting for the answer
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
