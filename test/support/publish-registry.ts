/** An npm registry on loopback that takes what is published, keeps exactly what it got, and serves it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Write {
  readonly method: string;
  /** As it came. */
  readonly path: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage["headers"];
  /** What has come so far. */
  readonly body: Buffer;
  readonly length: number;
  /** How it ended; undefined while it has not. */
  end: "complete" | "cut" | undefined;
}

export type AnswerWrite = (request: IncomingMessage, response: ServerResponse, write: Write) => unknown;

export interface PublishRegistry {
  readonly url: URL;
  readonly writes: Write[];
  /** All other requests. */
  readonly reads: { readonly path: string; readonly authorization: string | undefined }[];
  /** Answers writes in another way from the moment that their headers have come; undefined: as a registry does. */
  answerWrites(answer: AnswerWrite | undefined): void;
  close(): Promise<void>;
}

export interface PublishRegistryOptions {
  /** The one token by which somebody may write; reading needs none. */
  readonly token: string;
  /** What `time` says of a release that is published now. */
  readonly published?: () => string;
}

interface Document {
  readonly name: string;
  readonly versions: Record<string, { dist: { tarball: string } }>;
  readonly "dist-tags": Record<string, string>;
  readonly time: Record<string, string>;
  readonly files: Map<string, Buffer>;
}

interface Published {
  readonly name: string;
  readonly versions: Document["versions"];
  readonly "dist-tags": Record<string, string>;
  readonly _attachments: Record<string, { data: string }>;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function startPublishRegistry(options: PublishRegistryOptions): Promise<PublishRegistry> {
  const documents = new Map<string, Document>();
  const writes: Write[] = [];
  const reads: { path: string; authorization: string | undefined }[] = [];
  let inAnotherWay: AnswerWrite | undefined;

  const server = createServer(async (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") {
      reads.push({ path: request.url ?? "", authorization: request.headers.authorization });
      return read(request, response);
    }
    const { method = "", url: path = "", rawHeaders, headers } = request;
    const chunks: Buffer[] = [];
    const write: Write = {
      ...{ method, path, rawHeaders, headers, end: undefined },
      get body() {
        return Buffer.concat(chunks);
      },
      get length() {
        return chunks.reduce((length, chunk) => length + chunk.length, 0);
      },
    };
    writes.push(write);
    request.on("data", (chunk) => chunks.push(chunk));
    // A request that was answered before its end does not tell that it is cut; its connection does.
    const cut = () => {
      write.end = "cut";
    };
    request.socket.once("close", cut);
    request
      .on("error", () => {})
      .once("end", () => {
        request.socket.off("close", cut);
        write.end = "complete";
      });
    if (inAnotherWay) return inAnotherWay(request, response, write);
    request.once("end", () => reply(response, () => take(write)));
  });

  function read(request: IncomingMessage, response: ServerResponse): unknown {
    const path = decodeURIComponent((request.url ?? "").split("?", 1)[0] ?? "");
    const tags = /^\/-\/package\/(.+)\/dist-tags$/.exec(path)?.[1];
    if (tags !== undefined) return reply(response, () => requireDocument(tags)["dist-tags"]);
    const [name = "", file] = path.slice(1).split("/-/");
    if (file === undefined) {
      return reply(response, () => {
        const { files: _, ...document } = requireDocument(name);
        return document;
      });
    }
    const bytes = documents.get(name)?.files.get(file);
    return response.writeHead(bytes ? 200 : 404).end(bytes ?? "{}");
  }

  /** What the registry answers is what comes back, or a refusal. */
  function take({ method, path, headers, body }: Write): object {
    if (headers.authorization !== `Bearer ${options.token}`) throw new Refusal(401, "Unauthorized: the token is wrong");
    const decoded = decodeURIComponent(path);
    const [, tagged, tag] = /^\/-\/package\/(.+)\/dist-tags\/([^/]+)$/.exec(decoded) ?? [];
    if (tagged !== undefined && tag !== undefined) {
      const { "dist-tags": tags, versions } = requireDocument(tagged);
      if (method === "DELETE") delete tags[tag];
      else {
        const version = JSON.parse(body.toString());
        if (!versions[version]) throw new Refusal(404, `no such version: ${version}`);
        tags[tag] = version;
      }
      return { ok: true };
    }
    if (method !== "PUT") throw new Refusal(405, "not here");
    return publish(decoded.slice(1), JSON.parse(body.toString()));
  }

  function publish(name: string, given: Published): object {
    if (given.name !== name) throw new Refusal(400, `the body is about ${given.name}`);
    const known: Document = documents.get(name) ?? { name, versions: {}, "dist-tags": {}, time: {}, files: new Map() };
    documents.set(name, known);
    for (const [version, manifest] of Object.entries(given.versions)) {
      if (known.versions[version])
        throw new Refusal(403, `You cannot publish over the previously published versions: ${version}.`);
      const file = `${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`;
      const [attachment] = Object.values(given._attachments);
      known.files.set(file, Buffer.from(attachment?.data ?? "", "base64"));
      known.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: `${url}${name}/-/${file}` } };
      known.time[version] = (options.published ?? (() => new Date().toISOString()))();
    }
    Object.assign(known["dist-tags"], given["dist-tags"]);
    return { ok: true };
  }

  function requireDocument(name: string): Document {
    const document = documents.get(name);
    if (!document) throw new Refusal(404, "Not found");
    return document;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    url,
    writes,
    reads,
    answerWrites: (answer) => {
      inAnotherWay = answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function reply(response: ServerResponse, result: () => object): void {
  response.setHeader("content-type", "application/json");
  try {
    response.end(JSON.stringify(result()));
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 400;
    response.writeHead(status).end(JSON.stringify({ error: String(error) }));
  }
}
