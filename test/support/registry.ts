/** A small npm registry on loopback that counts what it is asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FixturePackage, packument, tarball } from "./packument.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FixtureRegistry {
  readonly url: URL;
  /** The paths asked for, in order. */
  readonly requests: string[];
  /** The same with who asked; the proxy calls itself `cordon`. */
  readonly asked: readonly { readonly path: string; readonly agent: string | undefined }[];
  put(pkg: FixturePackage): void;
  /** Answers a path, whatever its query, in its own way; stands before the packages. */
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
}

export async function startRegistry(packages: readonly FixturePackage[] = []): Promise<FixtureRegistry> {
  const byName = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const asked: { path: string; agent: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    requests.push(path);
    asked.push({ path, agent: request.headers["user-agent"] });
    const answer = answers.get(path) ?? answers.get(path.split("?", 1)[0] ?? "");
    if (answer) return answer(request, response);
    const [name = "", file] = path.slice(1).split("/-/");
    const pkg = byName.get(name);
    if (pkg && file === undefined) {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify(packument(pkg, url.origin)));
    }
    const release = pkg?.releases.find(
      ({ version }) => file === `${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`,
    );
    if (pkg && release) return response.end(tarball(name, release));
    response.statusCode = 404;
    return response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    url,
    requests,
    asked,
    put: (pkg) => byName.set(pkg.name, pkg),
    answer: (path, answer) => answers.set(path, answer),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
