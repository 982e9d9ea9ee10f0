/** A TUF repository on loopback that signs for real, and says what it was asked. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tufHandlers } from "@tufjs/repo-mock/dist/handler.js";
import { initializeTUFRepo } from "@tufjs/repo-mock/dist/repo.js";

export interface TufMirror {
  readonly url: string;
  /** The root to begin with, in JSON. */
  readonly root: string;
  readonly requests: readonly string[];
  isDown: boolean;
  close(): Promise<void>;
}

/** `targets`: name to what is written as JSON. */
export async function startTufMirror(targets: Readonly<Record<string, unknown>>): Promise<TufMirror> {
  const repo = makeRepo(targets);
  const handlers = new Map(tufHandlers(repo, { metadataPathPrefix: "" }).map(({ path, fn }) => [path, fn]));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const answer = mirror.isDown ? undefined : handlers.get(request.url ?? "")?.();
    response
      .writeHead(mirror.isDown ? 503 : (answer?.statusCode ?? 404), { connection: "close" })
      .end(answer?.response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const mirror: TufMirror = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    root: JSON.stringify(repo.rootMeta.toJSON()),
    requests,
    isDown: false,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mirror;
}

/** The root of a repository that nobody serves. */
export function makeTufRoot(): string {
  return JSON.stringify(makeRepo({ "trusted_root.json": {} }).rootMeta.toJSON());
}

function makeRepo(targets: Readonly<Record<string, unknown>>) {
  return initializeTUFRepo(
    Object.entries(targets).map(([name, content]) => ({ name, content: Buffer.from(JSON.stringify(content)) })),
  );
}
