import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliRun, cordon, startCordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { makeBundleFolder } from "../support/proxy.ts";

describe("a command that cannot be done", () => {
  let folder: Folder;
  let runs: readonly CliRun[];

  const CASES: readonly [name: string, args: (dir: string) => string[], stderr: RegExp][] = [
    [
      "a misspelt command",
      () => ["prxy", "--listen", "127.0.0.1:0"],
      /^Error: there is no command `cordon prxy`; did you mean `cordon proxy`\?\n`cordon --help` lists all commands\.\n$/,
    ],
    [
      "a misspelt command of a topic",
      () => ["policy", "lnt", "policies"],
      /^Error: there is no command `cordon policy lnt`; did you mean `cordon policy lint`\?\n/,
    ],
    [
      "a misspelt command, asked for its help",
      () => ["policy", "lnt", "--help"],
      /^Error: there is no command `cordon policy lnt`; did you mean `cordon policy lint`\?\n/,
    ],
    [
      "a misspelt flag",
      () => ["check", "--ofline"],
      /^Error: there is no flag `--ofline`; did you mean `--offline`\?\nRun `cordon check --help`\.\n$/,
    ],
    [
      "a missing argument",
      () => ["bundle", "verify"],
      /^Error: missing argument SOURCE\nRun `cordon bundle verify --help`\.\n$/,
    ],
    ["a missing flag", () => ["bundle", "keygen"], /^Error: missing required flag --out\n/],
    ["a flag without its value", () => ["check", "--lockfile"], /^Error: flag --lockfile expects a value\n/],
    [
      "a flag with a value of another kind",
      () => ["audit", "--top", "x"],
      /^Error: --top: expected an integer but received: x\n/,
    ],
    ["too many arguments", () => ["policy", "test", "a", "b", "c"], /^Error: unexpected arguments: b, c\n/],
    ["an unknown command", () => ["xyzzy"], /^Error: there is no command `cordon xyzzy`\n/],
    [
      "a proxy without a bundle",
      (dir) => ["proxy", "--state", `${dir}/state`],
      /^Error: a proxy needs a bundle to enforce: give --bundle dir:PATH\nRun the command with --help\.\n$/,
    ],
    [
      "a proxy without a trust policy",
      (dir) => ["proxy", "--bundle", `dir:${dir}`, "--state", `${dir}/state`],
      /^Error: a proxy without a trust policy would enforce anybody's bundle: give --trust FILE\n/,
    ],
    [
      "a signature without a key, where no CI says who signs",
      (dir) => ["bundle", "sign", `${dir}/dist`],
      /^Error: the bundle cannot be signed: .*\n.* or sign with a key: --key DIR\/cordon\.key, after `cordon bundle keygen --out DIR`\.\n$/,
    ],
    [
      "a proxy with a config that has a misspelt key",
      (dir) => ["proxy", "--config", `${dir}/cordon.yaml`, "--state", `${dir}/state`],
      /cordon\.yaml:4:3: error: unknown key `trsut`; did you mean `trust`\? \[unknown-key\]\n {3}\|\n 4 \| {3}trsut: x\n {3}\| {3}\^{5}\n/,
    ],
  ];

  before(async () => {
    folder = makeFolder({
      "cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\nproxy:\n  trsut: x\n",
      "dist/statement.json": "{}",
    });
    runs = await Promise.all(CASES.map(([, args]) => cordon(...args(folder.path))));
  });
  after(() => folder.remove());

  for (const [index, [name, , stderr]] of CASES.entries()) {
    it(`exits with 2 and says what to do: ${name}`, () => {
      const run = runs[index];
      assert.match(run?.stderr ?? "", stderr);
      assert.equal(run?.stdout, "");
      assert.equal(run?.code, 2);
    });
  }

  it("leaves no state behind", () => assert.equal(existsSync(join(folder.path, "state")), false));

  it("is told as JSON to whoever asked for JSON", async () => {
    const { code, stderr, json } = await cordon("policy", "lint", "--strict", "--json");
    assert.deepEqual([code, stderr], [2, ""]);
    assert.deepEqual(json(), {
      error: { message: "there is no flag `--strict`", code: "USAGE", next: "Run `cordon policy lint --help`." },
    });
    const unknown = await cordon("policy", "lnt", "--json");
    assert.deepEqual([unknown.code, unknown.stderr], [2, ""]);
    assert.equal((unknown.json() as { error: { code: string } }).error.code, "USAGE");
  });
});

describe("a command whose reader has gone", () => {
  it("ends as it would have, as before `| head -1`", async () => {
    const ends = [
      [["--version"], 0],
      [["policy", "lint", "policies"], 0],
      [["check", "pkg:npm/minimist@1.2.5", "--offline", "--dir", "policies", "--json"], 1],
    ] as const;
    for (const [args, code] of ends) {
      const child = startCordon([...args]);
      let stderr = "";
      child.stderr.on("data", (chunk) => {
        stderr += chunk;
      });
      child.stdout.destroy();
      assert.deepEqual([await once(child, "close"), stderr], [[code, null], ""], args.join(" "));
    }
  });
});

describe("cordon proxy", () => {
  it("enforces a bundle until it gets SIGTERM, and then exits with 0", async () => {
    const folder = makeBundleFolder();
    const args = [
      "proxy",
      ...["--bundle", `dir:${folder.bundle}`, "--trust", folder.trust],
      ...["--listen", "127.0.0.1:0", "--state", join(folder.path, "state"), "--upstream", "npm=http://127.0.0.1:9"],
    ];
    const child = startCordon(args);
    try {
      let stdout = "";
      const url = await new Promise<string>((resolve, reject) => {
        child.once("close", () => reject(new Error("it ended by itself")));
        child.stdout.on("data", (chunk) => {
          stdout += chunk;
          const found = /Listening at (\S+);/.exec(stdout)?.[1];
          if (found) resolve(found);
        });
      });
      assert.match(stdout, /^No bundle in force: there is no .*bundle\.sigstore\.json\n/);
      assert.equal((await fetch(`${url}/-/healthz`)).status, 200);
      assert.equal((await fetch(`${url}/npm/plain`)).status, 503);
      const second = await cordon(...args);
      assert.match(
        second.stderr,
        /^Error: a proxy runs on the state directory \S+ already: http:\/\/127\.0\.0\.1:\d+\nGive each/,
      );
      assert.deepEqual([second.code, second.stdout], [2, ""]);
      const ended = once(child, "close");
      // Deno's own kill() takes the signal for the reason of the end, whatever the process does with it.
      process.kill(Number(child.pid), "SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill("SIGKILL");
      folder.remove();
    }
  });
});
