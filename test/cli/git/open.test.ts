import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { commitFiles } from "../../../cli/git/first-commit.ts";
import { openGit } from "../../../cli/git/open.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

/** What a runner tells a step, besides what is called a secret. */
const RUNNER = {
  INPUT_KEY: "a-key",
  "INPUT_SOME-THING": "a-key",
  STATE_child: "a-state",
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://runner.example/",
  ACTIONS_RUNTIME_URL: "https://runner.example/",
  GITHUB_TOKEN: "a-token",
};

describe("git, as the command line runs it", () => {
  let folder: Folder;
  const at = (name: string) => join(folder.path, name);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: at("repo"), encoding: "utf8" });
  const hook = (name: string, script: string) =>
    chmodSync(folder.write(`repo/.git/hooks/${name}`, `#!/bin/sh\n${script}\n`), 0o755);

  beforeEach(() => {
    folder = makeFolder({ "repo/a.txt": "a" });
    git("init", "-q", "-b", "main");
    git("config", "user.name", "t");
    git("config", "user.email", "t@acme.example");
    Object.assign(process.env, RUNNER);
  });
  afterEach(() => {
    for (const name of Object.keys(RUNNER)) delete process.env[name];
    folder.remove();
  });

  it("hands nothing of a runner's to what it runs, hooks of the user's own included", async () => {
    hook("pre-commit", `env > ${at("environment")}`);
    await commitFiles(at("repo"), ["a.txt"], "x");
    const environment = readFileSync(at("environment"), "utf8");
    assert.match(environment, /^PATH=/m);
    assert.doesNotMatch(environment, /^(INPUT_|STATE_|ACTIONS_|GITHUB_TOKEN)/m);
  });

  it("runs neither hooks nor a monitor of files where it only reads", async () => {
    git("add", ".");
    git("commit", "-qm", "x");
    const touch = `touch ${at("ran")}`;
    for (const name of ["post-checkout", "post-index-change", "reference-transaction"]) hook(name, touch);
    folder.write("monitor", `#!/bin/sh\n${touch}\n`);
    chmodSync(at("monitor"), 0o755);
    git("config", "core.fsmonitor", at("monitor"));
    await openGit(at("repo")).raw(["status"]);
    await openGit(at("repo")).raw(["checkout", "--quiet", "--detach"]);
    assert.equal(existsSync(at("ran")), false);
  });
});
