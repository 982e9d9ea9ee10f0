/** On a pseudo-terminal, which `script` of util-linux makes. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type GitHome, makeGitHome } from "../../support/git-home.ts";

const ENTRY = fileURLToPath(new URL("../../../cli/bin/run.ts", import.meta.url));
const TIMEOUT_MS = 30_000;

function missing(): string | undefined {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux")
      ? undefined
      : "script is not that of util-linux, so there is no pseudo-terminal";
  } catch {
    return "script of util-linux is not here, so there is no pseudo-terminal";
  }
}
const without = missing();
if (without !== undefined) console.log(`test/cli/init/terminal.test.ts is not run: ${without}`);

interface Session {
  /** Waits until a text is shown, behind what was waited for before; then types. */
  answer(shown: string, typed: string): Promise<void>;
  ended(): Promise<{ code: number | null; output: string }>;
}

describe("cordon init on a terminal", { skip: without }, () => {
  let folder: Folder;
  let home: GitHome;
  const running = new Set<ChildProcess>();

  before(() => {
    folder = makeFolder();
    home = makeGitHome();
  });
  after(() => {
    for (const child of running) child.kill("SIGKILL");
    folder.remove();
    home.remove();
  });

  function open(...args: string[]): Session {
    const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
    const words = [process.execPath, ...runtime, ENTRY, "init", ...args];
    const command = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...process.env, ...home.environment, NO_COLOR: "1", SHELL: "/bin/sh", TERM: "dumb" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    running.add(child);
    let output = "";
    let read = 0;
    child.stdout.on("data", (chunk) => (output = stripVTControlCharacters(output + chunk)));
    const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
    return {
      async answer(shown, typed) {
        const until = Date.now() + TIMEOUT_MS;
        while (!output.includes(shown, read)) {
          if (Date.now() > until || child.exitCode !== null) assert.fail(`not shown: ${shown}\n${output}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        read = output.indexOf(shown, read) + shown.length;
        child.stdin.write(typed);
      },
      async ended() {
        const code = await closed;
        running.delete(child);
        return { code, output };
      },
    };
  }

  it("asks for what no flag says, again where the answer is none, and writes what was answered", async () => {
    const dir = join(folder.path, "asked");
    const session = open(dir, "--action", "acme/cordon@v1");
    await session.answer("Where will the repository live? (not known yet)", "nonsense\r");
    await session.answer('"nonsense" is no address of a repository', "");
    await session.answer("Where will the repository live?", "git@github.com:acme/policies.git\r");
    await session.answer("How will clients reach the proxy? (not known yet)", "https://packages.acme.example\r");
    await session.answer("Which channel of bundles? (stable)", "\r");
    await session.answer("Who reviews changes, such as @acme/security? (not known yet)", "@acme/security @acme/web\r");
    await session.answer("Write workflows for GitHub Actions? (Y/n)", "maybe\r");
    await session.answer("that is neither yes nor no", "");
    await session.answer("Write workflows for GitHub Actions? (Y/n)", "y\r");
    await session.answer("Commit what is written? (Y/n)", "n\r");
    const { code, output } = await session.ended();
    assert.equal(code, 0, output);
    const read = (path: string): string => readFileSync(join(dir, path), "utf8");
    assert.match(read("cordon.yaml"), /^repository: "https:\/\/github\.com\/acme\/policies"$/m);
    assert.match(read("cordon.yaml"), /^publicUrl: "https:\/\/packages\.acme\.example"$/m);
    assert.match(read("cordon.yaml"), /^channel: "stable"$/m);
    assert.match(read(".github/CODEOWNERS"), /^\* +@acme\/security @acme\/web$/m);
    assert.ok(existsSync(join(dir, ".github/workflows/policy.yml")));
    assert.ok(!existsSync(join(dir, ".git")));
  });

  it("asks which forge it is where the host does not tell, and takes defaults for empty lines", async () => {
    const dir = join(folder.path, "forge");
    const session = open(dir, "--no-workflows");
    await session.answer("Where will the repository live?", "https://code.acme.example/acme/policies\r");
    await session.answer("Which forge is it: github, gitea, gitlab? (github)", "gitea\r");
    await session.answer("How will clients reach the proxy?", "\r");
    await session.answer("Which channel of bundles?", "\r");
    await session.answer("Who reviews changes", "\r");
    await session.answer("Commit what is written?", "\r");
    const { code, output } = await session.ended();
    assert.equal(code, 0, output);
    assert.match(output, /^Committed as [0-9a-f]{12}\.\r?$/m);
    assert.match(readFileSync(join(dir, "cordon.yaml"), "utf8"), /^forge: \{ kind: gitea \}$/m);
  });

  it("asks nothing with --yes, nor where every flag is given", async () => {
    const flags = [
      "--repository",
      "https://github.com/acme/policies",
      "--owners",
      "@acme/security",
      "--channel",
      "stable",
    ];
    const given = [...flags, "--public-url", "https://packages.acme.example", "--workflows", "--no-commit"];
    for (const [name, args] of [
      ["yes", ["--yes"]],
      ["given", given],
    ] as const) {
      const { code, output } = await open(join(folder.path, name), ...args).ended();
      assert.equal(code, 0, output);
      assert.doesNotMatch(output, /\?/);
    }
  });

  it("asks nothing where there is a policy repository already", async () => {
    const { code, output } = await open(join(folder.path, "given"), "--channel", "other").ended();
    assert.equal(code, 2);
    assert.match(output, /^Error: there is a policy repository already: /);
  });

  for (const [name, key] of [
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ] as const) {
    it(`writes nothing when it is left with ${name}`, async () => {
      const dir = join(folder.path, name);
      const session = open(dir);
      await session.answer("Where will the repository live?", "\r");
      await session.answer("Which forge is it", key);
      const { code, output } = await session.ended();
      assert.equal(code, 2, output);
      assert.match(output, /Error: the questions were not answered, so nothing was written/);
      assert.ok(!existsSync(dir));
    });
  }
});
