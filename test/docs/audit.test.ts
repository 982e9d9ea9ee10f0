import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { GROUP_FIELDS } from "../../cli/audit/groups.ts";
import { parseConfig } from "../../core/config.ts";
import { DECISION_LOG_DEFAULTS } from "../../proxy/decision-log.ts";
import schema from "../../schemas/cordon.schema.json" with { type: "json" };
import { logLine } from "../support/decisions.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const DOCS = readFileSync(new URL("../../docs/AUDIT.md", import.meta.url), "utf8");
const HTTP = readFileSync(new URL("../../docs/HTTP.md", import.meta.url), "utf8");
const COMMANDS = [...DOCS.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = ""]) => text.trim());
const ENTRY = fileURLToPath(new URL("../../cli/bin/run.ts", import.meta.url));
const RUNTIME = "deno" in process.versions ? "run -A --no-check --quiet" : "";

describe("docs/AUDIT.md", () => {
  let folder: Folder;

  before(() => {
    const recordedAt = new Date(Date.now() - 60_000).toISOString();
    const evil = {
      recordedAt,
      client: { address: "10.0.0.5", agent: "npm/11.6.0 node/v24" },
      reason: "Malicious code",
    };
    folder = makeFolder({
      ".cordon/state/decisions.jsonl":
        logLine("pkg:npm/evil@1.0.0", evil) +
        logLine("pkg:npm/evil@1.0.1", { ...evil, decision: "block", policy: "release-age", rule: "too-young" }) +
        logLine("pkg:npm/%40acme/ui@1.0.0", evil),
      ".cordon/state/decisions.jsonl.1": logLine("pkg:npm/older@1.0.0"),
    });
  });
  after(() => folder.remove());

  /** As it stands there, in a folder with a state directory. */
  const start = (command: string) =>
    spawn("sh", ["-c", `cordon() { "$RUN" ${RUNTIME} "$ENTRY" "$@"; }\n${command}`], {
      cwd: folder.path,
      env: { ...process.env, RUN: process.execPath, ENTRY, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });

  const EXPECTED: readonly [part: string, output: RegExp][] = [
    ["--since 24h --decision", /^time .*reason\n\S+ {2}block {5}pkg:npm\/evil@1\.0\.1 {2}release-age\/too-young/],
    ["decisions.jsonl.1", /^count .*\n3 .*allow\n1 .*block\n$/],
    ["--group-by client,release", /^count .*\n1 .* 10\.0\.0\.5 {2}pkg:npm\/evil@1\.0\.0\n$/],
    ["--client 10.0.0.0/8", /^time .*\n\S+ {2}allow .*%40acme\/ui@1\.0\.0.*\n$/],
    ["--top 20", /^count .*\n1 .*pkg:npm\/evil\n$/],
    ["--jsonl | head", /^$/],
  ];

  it("has no command that is not run here", () => {
    assert.equal(COMMANDS.length, EXPECTED.length + 1);
  });

  for (const [part, output] of EXPECTED)
    it(`has a command that does what it says: ${part}`, async () => {
      const child = start(COMMANDS.find((command) => command.includes(part)) ?? assert.fail(`no command has ${part}`));
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk) => (stdout += chunk));
      child.stderr.on("data", (chunk) => (stderr += chunk));
      assert.deepEqual(await once(child, "close"), [0, null], stderr);
      assert.match(stdout, output);
      if (part.includes("head"))
        assert.equal(JSON.parse(readFileSync(join(folder.path, "decision.json"), "utf8")).purl, "pkg:npm/evil@1.0.1");
    });

  it("has a command that follows", async () => {
    const child = start(COMMANDS.at(-1) ?? "");
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    const ended = once(child, "close");
    while (output.split("\r\n").length < 3 && child.exitCode === null) await setTimeout(20);
    // The shell and what it has started, as a terminal does it.
    process.kill(-Number(child.pid), "SIGINT");
    await ended;
    assert.match(output, /^time,.*\r\n\S+,block,pkg:npm\/evil@1\.0\.1,.*\r\n$/);
  });

  it("names everything that decisions are grouped by", () => {
    for (const field of GROUP_FIELDS) assert.ok(DOCS.includes(`\`${field}\``), field);
  });
});

describe("docs/HTTP.md on the decision log", () => {
  const { maxMiB, maxAge, keep } = schema.properties.proxy.properties.decisionLog.properties;

  it("shows a configuration that is one, with the defaults", () => {
    const [, text = ""] = /^### Rotation\n\n```yaml\n(.*?)^```/ms.exec(HTTP) ?? [];
    const { config, diagnostics } = parseConfig({ path: "cordon.yaml", text });
    assert.deepEqual(diagnostics, []);
    const { keepFor, ...shown } = config.proxy?.decisionLog ?? {};
    assert.deepEqual(shown, { maxMiB: maxMiB.default, maxAge: maxAge.default, keep: keep.default });
    assert.equal(keepFor, "2160h");
  });

  it("has the defaults of the schema in the proxy", () => {
    const { maxWaiting, ...defaults } = DECISION_LOG_DEFAULTS;
    assert.ok(HTTP.includes(`${maxWaiting / 1024 ** 2} Mi characters`));
    assert.deepEqual(defaults, {
      maxBytes: maxMiB.default * 1024 ** 2,
      maxAgeMs: Number.parseInt(maxAge.default, 10) * 3_600_000,
      keep: keep.default,
    });
  });
});
