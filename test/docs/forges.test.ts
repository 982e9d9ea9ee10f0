/** The YAML of docs/forges/, and the scripts in it, run in a small policy repository with a directory for a server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { readTrust } from "../../core/bundle/trust.ts";
import { makeFolder } from "../support/folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLE = join(ROOT, "docs/reference/example");
const SERVER = "https://bundles.acme.example/policies";
const RUNTIME = "deno" in process.versions ? ["run", "-A", "--no-check", "--quiet"] : [];

function snippets(document: string): { above: string; text: string; yaml: unknown }[] {
  const text = readFileSync(join(ROOT, "docs/forges", document), "utf8");
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => ({
    above: yaml.split("\n", 1)[0] ?? "",
    text: yaml,
    yaml: parse(yaml),
  }));
}

interface Run {
  readonly script: string;
  readonly code: number;
  readonly output: string;
}

/** Each script in a shell of its own, one after the other, in a repository of policies, tests and lists. */
async function runAll(scripts: readonly string[]): Promise<{ runs: readonly Run[]; isPublished: boolean }> {
  const { privateKey, publicKey } = generateKeyPair();
  const read = (path: string) => readFileSync(join(EXAMPLE, path), "utf8");
  const folder = makeFolder({
    "repository/cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\n",
    "repository/policies/release-age.yaml": read("policies/release-age.yaml"),
    "repository/tests/release-age.yaml": read("tests/release-age.yaml"),
    "repository/lists/trusted.yaml": read("lists/trusted.yaml"),
    "repository/trust.yaml": `keys: [${JSON.stringify(publicKey)}]\n`,
    key: privateKey,
    "bin/cordon": `#!/bin/sh\nexec '${process.execPath}' ${RUNTIME.join(" ")} '${join(ROOT, "cli/bin/run.ts")}' "$@"\n`,
  });
  chmodSync(join(folder.path, "bin/cordon"), 0o755);
  const server = join(folder.path, "server");
  const runs: Run[] = [];
  for (const script of scripts) {
    const isFile = script.includes(`--key "$CORDON_KEY"`);
    const env = {
      PATH: `${join(folder.path, "bin")}:${process.env["PATH"]}`,
      HOME: folder.path,
      NO_COLOR: "1",
      CORDON_KEY: isFile ? join(folder.path, "key") : privateKey,
    };
    runs.push(
      await new Promise((resolve) =>
        execFile(
          "sh",
          ["-euc", script.replaceAll(SERVER, `dir:${server}`)],
          { cwd: join(folder.path, "repository"), env },
          (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
            resolve({ script, code, output: `${stdout}${stderr}` });
          },
        ),
      ),
    );
  }
  const isPublished = existsSync(join(server, "bundle.sigstore.json"));
  folder.remove();
  return { runs, isPublished };
}

async function assertAllRun(scripts: readonly string[]): Promise<void> {
  assert.ok(scripts.length > 0);
  const { runs, isPublished } = await runAll(scripts);
  for (const { script, code, output } of runs) assert.equal(code, 0, `${script}\n${output}`);
  assert.ok(isPublished);
}

describe("docs/forges", () => {
  it("GITLAB.md has a pipeline whose jobs run", async () => {
    const pipeline = snippets("GITLAB.md").find(({ above }) => above.includes(".gitlab-ci.yml"))?.yaml;
    const { check, publish } = pipeline as Record<"check" | "publish", { readonly script: readonly string[] }>;
    await assertAllRun([...check.script, ...publish.script]);
  });

  it("GITEA.md has a workflow whose jobs run, and which leaves no key behind", async () => {
    const workflow = snippets("GITEA.md").find(({ above }) => above.includes(".gitea/workflows"))?.yaml;
    const { jobs } = workflow as { jobs: Record<string, { steps: readonly { run?: string }[] }> };
    const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    await assertAllRun([...scripts, "test ! -e ../cordon.key"]);
  });

  it("has trust policies that are read as such", () => {
    const found = ["GITHUB.md", "GITLAB.md"].flatMap((document) =>
      snippets(document).filter(({ above }) => above.includes("trust.yaml")),
    );
    assert.equal(found.length, 3);
    const { publicKey } = generateKeyPair();
    const body = publicKey.split("\n")[1] ?? "";
    for (const { text } of found) {
      // The key of the document is cut short; it stands where a whole one does.
      const whole = text.replace(/MFkw\S+…/, `${body}\n    ${publicKey.split("\n")[2] ?? ""}`);
      const folder = makeFolder({ "trust.yaml": whole });
      const { keys, identities } = readTrust(join(folder.path, "trust.yaml"));
      folder.remove();
      assert.equal([...keys, ...identities].length, 1);
    }
  });
});
