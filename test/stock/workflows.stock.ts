/**
 * Workflows and actions by linters that know GitHub's rules, where WORKFLOW_LINTERS names their folder
 * (install-workflow-linters.sh prints it): of this repository, of the documents, and those that init writes.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LINTERS = process.env["WORKFLOW_LINTERS"];
const skip = LINTERS === undefined && "WORKFLOW_LINTERS names no folder with actionlint and zizmor";

/** A repository's own actions as actionlint 1.7 knows them: it has not heard of `$/` (GitHub, July 2026). */
function inWords(text: string): string {
  return text.replaceAll("uses: $/", "uses: ./");
}

describe("workflows and actions", { skip }, () => {
  let folder: Folder;
  let written: Folder;

  before(() => {
    written = makeFolder();
    folder = makeFolder({ ".git/HEAD": "ref: refs/heads/main\n" });
    cpSync(join(ROOT, ".github"), join(folder.path, ".github"), { recursive: true });
    for (const path of globSync(".github/workflows/*.yml", { cwd: folder.path })) {
      const file = join(folder.path, path);
      writeFileSync(file, inWords(readFileSync(file, "utf8")));
    }
  });

  after(() => {
    folder.remove();
    written.remove();
  });

  function lint(tool: string, ...args: readonly string[]): { status: number | null; output: string } {
    const { status, stdout, stderr, error } = spawnSync(join(LINTERS ?? "", tool), args, {
      cwd: folder.path,
      encoding: "utf8",
    });
    if (error) throw error;
    return { status, output: `${stdout}${stderr}` };
  }

  it("are what actionlint takes for right", () => {
    const { status, output } = lint("actionlint", "-no-color");
    assert.equal(status, 0, output);
  });

  it("are what zizmor takes for safe", () => {
    const { status, output } = lint("zizmor", "--offline", "--no-progress", "--color", "never", join(ROOT, ".github"));
    assert.equal(status, 0, output);
  });

  it("are right and safe as init writes them, with inputs that the action has", async () => {
    const action = `acme/cordon@${"0".repeat(40)}`;
    const { code, stderr } = await cordon("init", written.path, "--no-commit", "--action", action);
    assert.equal(code, 0, stderr);
    const safe = lint("zizmor", "--offline", "--no-progress", "--color", "never", join(written.path, ".github"));
    assert.equal(safe.status, 0, safe.output);
    for (const path of globSync("*.yml", { cwd: join(written.path, ".github/workflows") })) {
      const text = readFileSync(join(written.path, ".github/workflows", path), "utf8");
      // What an action takes is known of one that lies beside the workflow.
      writeFileSync(join(folder.path, ".github/workflows", path), text.replace(/acme\/cordon\/(\S+)@\S+/, "./$1"));
      const right = lint("actionlint", "-no-color", `.github/workflows/${path}`);
      assert.equal(right.status, 0, right.output);
    }
  });

  it("would not pass with an input that an action does not have", () => {
    const path = join(folder.path, ".github/workflows/default-policies.yml");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("command: publish", "comand: publish"));
    const { status, output } = lint("actionlint", "-no-color");
    writeFileSync(path, text);
    assert.equal(status, 1);
    assert.match(output, /input "comand" is not defined/);
  });
});
