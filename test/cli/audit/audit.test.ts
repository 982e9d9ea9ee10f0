import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type CliRun, cordon, cordonInto, startCordon } from "../../support/cli.ts";
import { logLine } from "../../support/decisions.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

const at = (hour: number) => ({ recordedAt: `2026-11-22T${String(hour).padStart(2, "0")}:00:00Z` });
const LINES = [
  logLine("pkg:npm/a@1.0.0", at(1)),
  logLine("pkg:npm/a@2.0.0", {
    ...at(2),
    decision: "block",
    policy: "known-malicious",
    rule: "malware",
    reason: "Malicious code",
    evidence: [{ id: "MAL-2026-1", source: "ossf", url: null }],
    client: { address: "10.0.0.5", agent: "=HYPERLINK() npm" },
  }),
  logLine("pkg:npm/b@1.0.0", at(3)),
];

const NO_FULL_DISK = existsSync("/dev/full") ? false : "this system has no /dev/full";

describe("cordon audit", () => {
  let folder: Folder;
  let runs: Readonly<Record<keyof typeof ARGS, CliRun>>;

  /** In the folder, `state` has the logs, and others are beside it. */
  const ARGS = {
    table: ["state"],
    found: ["state", "--decision", "block", "--csv"],
    lines: ["state", "--purl", "pkg:npm/a", "--jsonl"],
    json: ["state", "--json", "--limit", "2"],
    groups: ["state", "--group-by", "package,decision", "--json", "--top", "1"],
    groupTable: ["state", "--group-by", "package"],
    groupCsv: ["state", "--group-by", "advisory", "--csv"],
    nothing: ["state", "--purl", "pkg:npm/nobody"],
    nothingJson: ["state", "--purl", "pkg:npm/nobody", "--json"],
    config: ["--config", "cordon.yaml", "--jsonl", "--limit", "1"],
    damaged: ["damaged.jsonl"],
    damagedJson: ["damaged.jsonl", "--json"],
    missing: ["missing"],
    empty: ["empty"],
    emptyLog: ["empty.jsonl"],
    noise: ["noise.jsonl"],
    noiseStreamed: ["noise.jsonl", "--jsonl"],
    wrongTime: ["state", "--since", "yesterday"],
    together: ["state", "--json", "--csv"],
    top: ["state", "--top", "3"],
    followStdin: ["-", "--follow"],
    deep: ["deep.jsonl", "--json"],
  } as const satisfies Readonly<Record<string, readonly string[]>>;

  before(async () => {
    folder = makeFolder({
      "state/decisions.jsonl": LINES.slice(2).join(""),
      "damaged.jsonl": `${LINES[0]}{"decision":\n${LINES[2]}`,
      "empty.jsonl": "",
      "deep.jsonl": `${LINES[0]}${LINES[1]?.trimEnd().slice(0, -1)},"facts":${"[".repeat(200_000)}${"]".repeat(200_000)}}\n`,
      "noise.jsonl": "noise\n\u001b[31mnoise\n",
      "cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\nproxy: { state: state }\n",
    });
    folder.write("state/decisions-20261122T020000.500Z.jsonl.gz", gzipSync(LINES.slice(0, 2).join("")));
    mkdirSync(join(folder.path, "empty"));
    const isPath = (arg: string) => /^(state|missing|empty)$|\.(jsonl|yaml)$/.test(arg);
    const ran: [string, CliRun][] = [];
    // A few at a time: each is a process.
    const left = Object.entries(ARGS);
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        for (let next = left.shift(); next; next = left.shift()) {
          const args = next[1].map((arg) => (isPath(arg) ? join(folder.path, arg) : arg));
          ran.push([next[0], await cordon("audit", ...args)]);
        }
      }),
    );
    runs = Object.fromEntries(ran) as typeof runs;
  });
  after(() => folder.remove());

  it("shows decisions as a table, in the order of time", () => {
    const { stdout, stderr, code } = runs.table;
    assert.deepEqual([stderr, code], ["", 0]);
    assert.equal(
      stdout,
      [
        "time                  decision  release          policy/rule              client                 reason",
        "2026-11-22T01:00:00Z  allow     pkg:npm/a@1.0.0                           127.0.0.1 npm/11.0.0   no policy objects",
        "2026-11-22T02:00:00Z  block     pkg:npm/a@2.0.0  known-malicious/malware  10.0.0.5 =HYPERLINK()  Malicious code",
        "2026-11-22T03:00:00Z  allow     pkg:npm/b@1.0.0                           127.0.0.1 npm/11.0.0   no policy objects",
        "",
      ].join("\n"),
    );
  });

  it("prints CSV with its head", () => {
    const { stdout, code } = runs.found;
    assert.equal(code, 0);
    assert.equal(
      stdout,
      "time,decision,release,policy,rule,reason,until,advisories,kind,address,agent,cache,request,revision\r\n" +
        "2026-11-22T02:00:00Z,block,pkg:npm/a@2.0.0,known-malicious,malware,Malicious code,,MAL-2026-1,file," +
        "10.0.0.5,'=HYPERLINK() npm,miss,00000000-0000-4000-8000-000000000000,\r\n",
    );
  });

  it("prints lines as they stand", () => {
    assert.deepEqual([runs.lines.stdout, runs.lines.code], [LINES.slice(0, 2).join(""), 0]);
    assert.deepEqual([runs.config.stdout, runs.config.code], [LINES[2], 0]);
    assert.match(runs.config.stderr, /^2 earlier decisions not shown: give a larger --limit\n$/);
  });

  it("prints one object for programs, and how many more there are", () => {
    const { decisions, ...rest } = runs.json.json() as { decisions: unknown[] };
    assert.deepEqual(
      decisions,
      LINES.slice(1).map((line) => JSON.parse(line)),
    );
    assert.deepEqual(rest, { more: 1, read: { files: 2, lines: 3, damaged: 0, problems: [] } });
    assert.deepEqual([runs.json.stderr, runs.json.code], ["", 0]);
  });

  it("counts decisions by what they have in common", () => {
    assert.deepEqual(runs.groups.json(), {
      groups: [
        {
          package: "pkg:npm/a",
          decision: "allow",
          count: 1,
          first: "2026-11-22T01:00:00Z",
          last: "2026-11-22T01:00:00Z",
        },
      ],
      more: 2,
      ungrouped: 0,
      read: { files: 2, lines: 3, damaged: 0, problems: [] },
    });
    assert.match(
      runs.groupTable.stdout,
      /^count {2}first {17}last {18}package\n2 {6}2026-11-22T01:00:00Z {2}2026-11-22T02:00:00Z {2}pkg:npm\/a\n1 /,
    );
    assert.match(runs.groupCsv.stdout, /^count,first,last,advisory\r\n2,[^\n]*,\r\n1,[^\n]*,MAL-2026-1\r\n$/);
  });

  it("says that nothing matches, and what was read", () => {
    assert.deepEqual(
      [runs.nothing.stdout, runs.nothing.code],
      ["No decision matches. 3 lines of 2 files were read.\n", 0],
    );
    assert.deepEqual((runs.nothingJson.json() as { decisions: unknown }).decisions, []);
    assert.deepEqual(
      [runs.emptyLog.stdout, runs.emptyLog.code],
      ["No decision matches. 0 lines of 1 file were read.\n", 0],
    );
  });

  it("exits with 1 and tells the place where a line is damaged, and shows the others", () => {
    assert.equal(runs.damaged.code, 1);
    assert.match(runs.damaged.stderr, /damaged\.jsonl:2: it is no JSON\n$/);
    assert.equal(runs.damaged.stdout.split("\n").length, 4);
    const { read } = runs.damagedJson.json() as { read: { damaged: number; problems: { line: number }[] } };
    assert.deepEqual([runs.damagedJson.code, read.damaged, read.problems[0]?.line], [1, 1, 2]);
  });

  it("takes no harm from a line that is nested too deeply", () => {
    const { decisions, read } = runs.deep.json() as { decisions: unknown[]; read: { problems: { message: string }[] } };
    assert.deepEqual([runs.deep.code, decisions.length], [1, 1]);
    assert.deepEqual(
      read.problems.map(({ message }) => message),
      ["it is nested too deeply"],
    );
  });

  it("exits with 2 and says so where what it prints is not taken", { skip: NO_FULL_DISK }, async () => {
    for (const form of ["--csv", "--jsonl"]) {
      const { code, stderr } = await cordonInto("/dev/full", "audit", join(folder.path, "state"), form);
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /^Error: the output cannot be written: .*\nMake room where it goes, and run the command again\.\n$/,
      );
    }
  });

  it("exits with 2 and says what to do where nothing can be read", () => {
    for (const run of [runs.missing, runs.empty, runs.noise, runs.noiseStreamed]) {
      assert.deepEqual([run.code, run.stdout], [2, ""]);
      assert.match(
        run.stderr,
        /^Error: there is no decision to read: .*\nGive decision logs, or directories with them/,
      );
    }
  });

  it("exits with 2 where it is asked for what cannot be", () => {
    for (const run of [runs.wrongTime, runs.top, runs.followStdin]) assert.deepEqual([run.code, run.stdout], [2, ""]);
    assert.deepEqual(
      [runs.together.code, (runs.together.json() as { error: { code: string } }).error.code],
      [2, "USAGE"],
    );
  });

  it("reads standard input, and ends without a word when nobody reads on", { timeout: 60_000 }, async () => {
    const child = startCordon(["audit", "-", "--jsonl"], {}, "pipe");
    const errors: string[] = [];
    child.stderr.on("data", (chunk) => errors.push(String(chunk)));
    child.stdin?.on("error", () => {});
    child.stdin?.write(LINES[0]);
    const [first] = await once(child.stdout, "data");
    assert.equal(String(first), LINES[0]);
    child.stdout.destroy();
    const ended = once(child, "close");
    child.stdin?.end(String(LINES[1]).repeat(20_000));
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(errors, []);
  });
});
