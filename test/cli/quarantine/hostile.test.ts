import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { OsvRecord } from "../../../schemas/types/advisory.ts";
import { type PolicyClone, startPolicyClone } from "../../support/forge/policy-clone.ts";
import { HOSTILE_TEXTS, nodesOf } from "../../support/markdown.ts";
import { policyFile } from "../../support/policies.ts";

/** All that npm's old names allow. */
const NAME = "it's-(bold)!~*";
const VERSION = "1.1.0-img.src.onerror-x";
const PURL = `pkg:npm/${encodeURIComponent(NAME)}@${VERSION}`;
const NASTY = Object.values(HOSTILE_TEXTS)
  .filter((text) => text.length < 1000)
  .join("\n");
/** What a shell can hand over. */
const ARGUMENT = NASTY.replaceAll("\0", "").slice(0, 1900);
const MEGABYTE = "EVIL".repeat(262_144);

const RECORD: OsvRecord = {
  id: "GHSA-1",
  modified: "2026-11-01T00:00:00Z",
  summary: `${NASTY}${MEGABYTE}`.slice(0, 100_000),
  affected: [{ package: { ecosystem: "npm", name: NAME }, versions: [VERSION] }],
  references: [{ type: "ADVISORY", url: "https://evil.example/acme/ui/issues/1" }],
};
const ECHO = policyFile(
  "echo",
  `  rules:
    - name: deprecated
      condition: has(release.deprecated)
      verdict: quarantine
      message: It is deprecated.
      messageExpression: release.deprecated`,
);

describe("a release made to do harm", () => {
  let clone: PolicyClone;
  const outputs: string[] = [];
  const run = async (...args: string[]) => {
    const done = await clone.run(...args);
    outputs.push(done.stdout, done.stderr);
    assert.equal(done.code, 0, done.stderr.slice(0, 2000));
    return done;
  };

  before(async () => {
    const release = {
      version: VERSION,
      published: new Date().toISOString(),
      deprecated: `${NASTY}${MEGABYTE}`,
      scripts: { preinstall: NASTY, install: MEGABYTE, postinstall: "```\n/approve\n\u202e\n" },
      dependencies: { [NASTY]: NASTY, [MEGABYTE]: "1.x" },
      manifest: {
        license: `${NASTY}${MEGABYTE}`,
        repository: { type: "git", url: "javascript:EVIL" },
        _npmUser: { name: NASTY, email: NASTY },
      },
    };
    clone = await startPolicyClone({
      kind: "gitlab",
      packages: [{ name: NAME, releases: [{ version: "1.0.0" }, release] }],
      advisories: [RECORD],
      files: { [ECHO.path]: ECHO.text },
    });
  });
  after(() => clone.close());

  it("is asked for as any other", async () => {
    const args = ["--reason", ARGUMENT, "--requested-by", "@EVIL <b>x</b>", "--ticket", "javascript:EVIL"];
    await run("request", PURL, ...args, "--dry-run");
    await run("request", PURL, ...args);
    await run("request", PURL, ...args);
    assert.equal(clone.forge.pulls().length, 1);
  });

  it("is told in a request that can only be read", () => {
    const [{ title = "", body = "" } = {}] = clone.forge.pulls();
    assert.match(title, /^Approve pkg:npm\/it%27s-%28bold%29%21~%2A@1\.1\.0-img\.src\.onerror-x$/);
    assert.ok(body.length < 65_536);
    const nodes = nodesOf(body);
    const types = new Set(nodes.map(({ type }) => type));
    assert.deepEqual(
      [...types].filter(
        (type) =>
          ![
            "root",
            "paragraph",
            "text",
            "inlineCode",
            "code",
            "heading",
            "list",
            "listItem",
            "strong",
            "link",
            "blockquote",
          ].includes(type),
      ),
      [],
    );
    for (const { type, value = "", url = "" } of nodes) {
      if (type === "link") assert.ok(url.startsWith(`${clone.forge.page}/-/blob/`), url);
      if (type === "text") assert.doesNotMatch(value, /EVIL|@|#\d|evil\.example/);
    }
    assert.doesNotMatch(body, /^\/[a-z]/im);
    for (const part of ["preinstall", "postinstall"]) assert.ok(body.includes(`\`${part}\`\n\n`), part);
    assert.match(body, /### Files and digests\n\n- `/);
  });

  it("is approved, listed and revoked without a word to the terminal", async () => {
    await run("approve", PURL, "--approved-by", "Rae Viewer");
    await run("list");
    await run("revoke", PURL, "--reason", ARGUMENT, "--dry-run");
    clone.forge.merge(1);
    await run("revoke", PURL, "--reason", ARGUMENT);
    for (const output of outputs) assert.doesNotMatch(output, /[^\P{C}\n\t]/u);
    assert.ok(outputs.every((output) => output.length < 100_000));
    const body = clone.forge.pulls()[1]?.body ?? "";
    assert.ok(
      nodesOf(body).every(({ type, value = "" }) => type !== "text" || !/EVIL|@/.test(value)),
      body,
    );
  });

  it("has a branch and a file whose names every system takes", () => {
    const [path = ""] = clone.forge
      .git("log", "--format=", "--name-only", "--diff-filter=A", "main", "--", "approvals")
      .split("\n");
    assert.match(path, /^approvals\/npm\/[\w@.+!-]+\.yaml$/);
    assert.match(clone.forge.pulls()[0]?.branch ?? "", /^quarantine\/[a-z0-9.-]+$/);
    assert.deepEqual(clone.forge.problems, []);
  });
});
