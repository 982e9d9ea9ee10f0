/** What CI systems and terminals put around the lines of tools; lines, jobs and bounds. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readIfKnown, readInventory } from "../../../../cli/inventory/inventory.ts";
import { namedIn } from "../../../support/logs.ts";

const TIME = "2026-11-25T10:00:00.1234567Z";

const AROUND: readonly (readonly [what: string, before: string, after?: string])[] = [
  ["GitHub's times", `${TIME} `],
  ["GitHub's times with a mark", `\ufeff${TIME} `],
  ["GitHub's groups", `${TIME} ##[group]`],
  ["the columns of `gh run view --log`", `build\tInstall\t${TIME} `],
  ["the same with a mark", `build\tUNKNOWN STEP\t\ufeff${TIME} `],
  ["GitLab's times", "2026-11-25T10:00:00.123456Z 01O "],
  ["GitLab's sections", "section_start:1764064800:install[collapsed=true]\r\u001b[0K"],
  ["Jenkins' times", "[2026-11-25T10:00:00.123Z] "],
  ["Travis' times", "[00:02:23] "],
  ["times of a logger", "2026-11-25 10:00:00,123 "],
  ["Docker's steps", "#12 3.456 "],
  ["Buildkite's times", "\u001b_bk;t=1764064800000\u0007"],
  ["act's columns", "[CI/build]   | "],
  ["Compose's columns", "web_1  | "],
  ["several at once", `${TIME} #12 3.456 `],
  ["colours", "\u001b[0m\u001b[1;32m", "\u001b[0m"],
  ["colours stored without their first character", "[32m", "[0m"],
  ["erased lines", "\u001b[2K\u001b[1G"],
  ["what a progress bar drew before", "10%\r90%\r"],
  ["what the cursor drew before", "working ⠋\u001b[1A\u001b[2K"],
  ["a carriage return at the end", "", "\r"],
];

describe("a line of a tool is read", () => {
  for (const [what, before, after = ""] of AROUND)
    it(`within ${what}`, () => {
      assert.deepEqual(namedIn(`${before}go: downloading example.com/dep v1.0.0${after}`), [
        "golang/example.com/dep@v1.0.0",
      ]);
      assert.deepEqual(namedIn(`${before} + dep==1.0${after}`), ["pypi/dep@1.0"]);
    });

  it("with its number in the file, also behind progress bars and empty lines", () => {
    const { releases } = readInventory("build.log", "one\r\n\n1%\r2%\r + dep==1.0\r\n + other==2.0");
    assert.deepEqual(
      releases.map(({ line }) => line),
      [3, 4],
    );
  });
});

describe("the job of a release", () => {
  const jobsOf = (path: string, text: string) => readIfKnown(path, text)?.releases.map(({ job }) => job);
  const LINE = `${TIME}  + dep==1.0`;

  it("is told by the columns of `gh run view --log`, for each line", () =>
    assert.deepEqual(jobsOf("log.txt", `test / unit\tInstall\t${LINE}\nlint\tInstall\t${TIME}  + other==2.0`), [
      "test / unit",
      "lint",
    ]));

  it("is the folder of a step's file", () => assert.deepEqual(jobsOf("logs/build/3_Install.txt", LINE), ["build"]));

  it("stands in the name of a job's file", () => {
    assert.deepEqual(jobsOf("1_build.txt", LINE), ["build"]);
    const whole = `${TIME} Current runner version: '2.330.0'\n${LINE}`;
    assert.deepEqual(jobsOf("logs/1_build.txt", whole), ["build"]);
  });

  it("is what the runner calls it", () =>
    assert.deepEqual(jobsOf("logs/1_b.txt", `${TIME} Complete job name: build (22)\n${LINE}`), ["build (22)"]));

  it("is not guessed", () => assert.deepEqual(jobsOf("logs/build.log", LINE), [undefined]));

  it("keeps what its lines tell apart from those of another", () => {
    const log = readIfKnown(
      "log.txt",
      [
        `a\tx\t${TIME} Collecting own@ git+https://forge.example/own`,
        `b\tx\t${TIME} Collecting own`,
        `a\tx\t${TIME} Successfully installed own-1.0`,
        `b\tx\t${TIME} Successfully installed own-1.0`,
      ].join("\n"),
    );
    assert.deepEqual(
      log?.releases.map(({ job, line }) => [job, line]),
      [["b", 4]],
    );
    assert.deepEqual(
      log?.unjudged.map(({ name, line }) => [name, line]),
      [["own", 1]],
    );
  });
});

describe("what is read of a log is bounded", () => {
  const LAST = "go: downloading example.com/dep v1.0.0";
  const NAMED = "golang/example.com/dep@v1.0.0";

  it("and of a line longer than 64 KiB the beginning is read, which is told", () => {
    const names = Array.from({ length: 8000 }, (_, index) => `dep${index}-1.0`).join(" ");
    const { releases, unjudged } = readInventory("build.log", `Successfully installed ${names}\n${LAST}`);
    assert.ok(releases.length > 3000 && releases.length < 8000, `${releases.length} releases`);
    assert.deepEqual(unjudged, [{ name: "the rest of line 1", line: 1, reason: "is longer than 65536 characters" }]);
  });

  it("but not by how often a line was drawn over", () =>
    assert.deepEqual(namedIn(`${"a state of a progress bar\r".repeat(100_000)}${LAST}`), [NAMED]));

  const PARTS = ["a", "@", "-", "1.", " + a", "https://", "├── ", "\u001b[", "Successfully installed a-1 "];
  for (const part of [...PARTS, "warning a > ", "[1;", "\r", "[a] | "])
    it(`and a line of a megabyte of ${JSON.stringify(part)} ends`, () =>
      assert.ok(namedIn(`${part.repeat(1_000_000 / part.length)}\n${LAST}`).includes(NAMED)));

  it("and half a million lines end", () =>
    assert.deepEqual(namedIn(`${"npm http fetch GET 200 x\n".repeat(500_000)}${LAST}`), [NAMED]));
});
