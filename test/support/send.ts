/** Requests whose path, headers and body go out as they are written, which `fetch` would tidy up. */
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from "node:http";

export interface SendOptions {
  /** Left out: PUT. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answered {
  readonly status: number;
  /** The reason phrase, which not every runtime's fetch tells. */
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function send(url: string, options: SendOptions = {}): Promise<Answered> {
  const { body = "" } = options;
  const [request, answered] = open(url, {
    ...options,
    headers: { "content-length": String(Buffer.byteLength(body)), ...options.headers },
  });
  request.end(body);
  return answered;
}

/** A request whose body is still to be written. */
export function open(
  url: string,
  { method = "PUT", headers = {} }: Omit<SendOptions, "body"> = {},
): [request: ClientRequest, answered: Promise<Answered>] {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf("/", "http://".length));
  const request = httpRequest({ hostname, port, path, method, headers, agent: false });
  const answered = new Promise<Answered>((resolve, reject) => {
    request.on("error", reject).on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({
        status: response.statusCode ?? 0,
        message: response.statusMessage ?? "",
        headers: response.headers,
        text,
      });
    });
  });
  answered.catch(() => {});
  return [request, answered];
}
