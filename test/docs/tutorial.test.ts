/** Every command of docs/TUTORIAL.md, in its order, in one shell; and what it says that they print. */
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Folder, makeFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXT = readFileSync(join(ROOT, "docs/TUTORIAL.md"), "utf8");
/** What a CI, or whoever runs the tests, may have set. */
const FOREIGN = /^(npm_|.*_proxy$|force_color|actions_|github_|gh_|git_|cordon_|sigstore_)/i;
const DONE = "the-command-has-ended";

interface Command {
  readonly text: string;
  /** The lines that the document shows; `…` stands for anything, also for whole lines. */
  readonly shown: readonly string[];
  readonly terminal: 1 | 2;
}

const commands = [...TEXT.matchAll(/^```(sh|console)( second-terminal)?\n(.*?)^```$/gms)].flatMap(
  ([, language, second, body = ""]): Command[] => {
    const terminal = second === undefined ? 1 : 2;
    if (language === "sh") return [{ text: body.trimEnd(), shown: [], terminal }];
    return body
      .split(/^\$ /m)
      .slice(1)
      .map((block) => {
        const [text = "", ...shown] = block.trimEnd().split("\n");
        return { text, shown, terminal };
      });
  },
);

/** As a pattern: `…` alone on a line is any lines, or none; within a line, anything of it. */
function toPattern(shown: readonly string[]): RegExp {
  const lines = shown.map((line) =>
    line === "…" ? "(?:.*\n)*?" : `${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*")}\n`,
  );
  return new RegExp(`^${lines.join("")}$`);
}

describe("docs/TUTORIAL.md", () => {
  let folder: Folder;
  let registry: FixtureRegistry;
  let shell: ChildProcessByStdio<Writable, Readable, Readable>;
  let proxy: { readonly pid: number; readonly log: string } | undefined;
  let port: string;
  let output = "";

  before(async () => {
    const published = "2018-04-09T00:00:00.000Z";
    registry = await startRegistry([
      { name: "left-pad", releases: [{ version: "1.3.0", published }] },
      { name: "ms", releases: [{ version: "2.1.3", published }] },
    ]);
    port = String(await freePort());
    const runtime = "deno" in process.versions ? `"${process.execPath}" run -A --no-check` : `"${process.execPath}"`;
    folder = makeFolder({
      "bin/cordon": `#!/bin/sh\nexec ${runtime} "${ROOT}cli/bin/run.ts" "$@"\n`,
      "home/.gitconfig": "[user]\n\tname = Ada\n\temail = ada@acme.example\n",
    });
    chmodSync(join(folder.path, "bin/cordon"), 0o755);
    mkdirSync(join(folder.path, "work"));
    const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
    shell = spawn("bash", [], {
      cwd: join(folder.path, "work"),
      env: {
        ...Object.fromEntries(own),
        PATH: `${join(folder.path, "bin")}:${process.env["PATH"]}`,
        HOME: join(folder.path, "home"),
        GIT_CONFIG_NOSYSTEM: "1",
        NO_COLOR: "1",
        npm_config_registry: registry.url.href,
        npm_config_cache: join(folder.path, "cache"),
        npm_config_update_notifier: "false",
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (chunk) => (output += chunk));
  });

  after(async () => {
    if (proxy) process.kill(proxy.pid, "SIGTERM");
    const ended = once(shell, "close");
    shell.stdin.end("wait\n"); // for the proxy
    await ended;
    await registry.close();
    folder.remove();
  });

  const withPort = (text: string): string => text.replaceAll("4873", port);

  async function run(text: string): Promise<string> {
    output = "";
    shell.stdin.write(`{ ${text}\n} 2>&1; echo ${DONE}\n`);
    await until(() => output.includes(`${DONE}\n`), 60_000);
    return output.slice(0, output.indexOf(`${DONE}\n`));
  }

  /** Leaves it running, and gives what it has said once it says what is shown. */
  async function start(text: string, shown: RegExp): Promise<string> {
    const log = folder.write("proxy.log", ""); // the shell may go on before it has opened it
    const pid = await run(`${text} --listen 127.0.0.1:${port} > ${log} 2>&1 & echo $!`);
    proxy = { pid: Number(pid), log };
    await until(() => shown.test(readFileSync(log, "utf8")), 30_000);
    return readFileSync(log, "utf8");
  }

  it("has commands, of which one runs in a second terminal", () => {
    assert.ok(commands.length > 12);
    assert.equal(commands.filter(({ terminal }) => terminal === 2).length, 1);
  });

  for (const { text, shown, terminal } of commands)
    it(text.split("\n", 1)[0] ?? text, async () => {
      const pattern = toPattern(shown.map(withPort));
      const printed = await (terminal === 2 ? start(withPort(text), pattern) : run(withPort(text)));
      // What prints nothing is shown without a line; what ends with a line feed or not looks the same.
      const whole = printed === "" || printed.endsWith("\n") ? printed : `${printed}\n`;
      assert.match(whole, pattern);
    });
});
