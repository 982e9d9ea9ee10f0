/** A bare repository behind git's own HTTP backend (git-http-backend(1)), as a forge has it. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { makeFolder } from "../folder.ts";

export interface GitServer {
  /** Runs git in the bare repository. */
  git(...args: string[]): string;
  /** The commit of a branch; undefined where there is none. */
  tipOf(branch: string): string | undefined;
  /** Refuses every push to these, as a protected branch does. */
  protect(...branches: string[]): void;
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

const PERSON = { name: "The Forge", email: "forge@acme.example" };
const IDENTITY = {
  GIT_AUTHOR_NAME: PERSON.name,
  GIT_AUTHOR_EMAIL: PERSON.email,
  GIT_COMMITTER_NAME: PERSON.name,
  GIT_COMMITTER_EMAIL: PERSON.email,
};

/** Reads the names of protected branches from a file beside it, so that no shell ever sees one as code. */
const UPDATE_HOOK = `#!/bin/sh
grep -qxF -- "$1" "$GIT_DIR/protected" 2>/dev/null || exit 0
echo "error: GH006: Protected branch update failed for $1." >&2
exit 1
`;

/** `path`: `acme/policies.git`, below the server's root. `files`: the first commit of `main`. */
export function makeGitServer(path: string, files: Readonly<Record<string, string>>): GitServer {
  const root = makeFolder();
  const bare = join(root.path, path);
  const environment = { PATH: process.env["PATH"], HOME: root.path, GIT_CONFIG_NOSYSTEM: "1", ...IDENTITY };
  const run = (dir: string, ...args: string[]): string =>
    execFileSync("git", ["-C", dir, ...args], { encoding: "utf8", env: environment, stdio: "pipe" }).trimEnd();
  const git = (...args: string[]): string => run(bare, ...args);
  run(root.path, "init", "--quiet", "--bare", "-b", "main", bare);
  git("config", "http.receivepack", "true");
  writeFileSync(join(bare, "hooks", "update"), UPDATE_HOOK);
  chmodSync(join(bare, "hooks", "update"), 0o755);

  const seed = makeFolder(files);
  run(seed.path, "init", "--quiet", "-b", "main");
  run(seed.path, "add", "--all", "--force");
  run(seed.path, "commit", "--quiet", "--allow-empty", "-m", "Begin");
  run(seed.path, "push", "--quiet", bare, "main");
  seed.remove();

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://forge.invalid");
    const { headers, method } = request;
    const backend = spawn("git", ["http-backend"], {
      env: {
        ...environment,
        GIT_PROJECT_ROOT: root.path,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: method,
        CONTENT_TYPE: headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: String(headers["content-encoding"] ?? ""),
        GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
        REMOTE_USER: "somebody",
      } as NodeJS.ProcessEnv,
    });
    // A refused push ends while its body is still on the way.
    backend.stdin.on("error", () => {});
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => answer(response, Buffer.concat(chunks)));
    response.on("close", () => backend.kill());
  }

  return {
    git,
    tipOf(branch) {
      const found = git("for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`);
      return found === "" ? undefined : found;
    },
    protect: (...branches) =>
      writeFileSync(join(bare, "protected"), branches.map((branch) => `refs/heads/${branch}\n`).join("")),
    handle,
    close: () => rmSync(root.path, { recursive: true, force: true }),
  };
}

/** A CGI answer (RFC 3875, section 6): headers, an empty line, the body. */
function answer(response: ServerResponse, bytes: Buffer): void {
  const end = bytes.indexOf("\r\n\r\n");
  const headers = new Map(
    bytes
      .toString("latin1", 0, Math.max(end, 0))
      .split("\r\n")
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const status = Number(headers.get("status")?.split(" ")[0] ?? (end < 0 ? 500 : 200));
  headers.delete("status");
  response.writeHead(status, Object.fromEntries(headers)).end(bytes.subarray(end + 4));
}
