/**
 * Names of files as we read them, against packaging's tables and the clients' own code: what a client takes for another
 * version than was judged is a way past the gate. Clients are the pip of this machine, and those that
 * CORDON_PYTHON_CLIENTS names (test/support/install-python-clients.sh).
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseFilename } from "../../core/ecosystems/pypi/filenames.ts";
import { normalizeName } from "../../core/purl.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";
import { casesOf, describeData, type PytestTables, readJson } from "./shared-data.ts";

const SCRIPT = fileURLToPath(new URL("client-filenames.py", import.meta.url));
const CLIENTS =
  process.env["CORDON_PYTHON_CLIENTS"] ?? fileURLToPath(new URL("../../.cordon/python-clients", import.meta.url));
const ROWS = 6000;

/** What names are made of: whatever one client, or another, gives a meaning to. */
const PROJECTS = ["foo", "foo-bar", "foo-1", "foo-1-0", "1", "foo-v1", "py3"];
const NAMES = [
  "foo",
  "Foo",
  "foo_bar",
  "foo-bar",
  "foo.bar",
  "foo__bar",
  "foo-1",
  "foo_1",
  "foo-1.0",
  "foo_1_0",
  "foo-v1",
  "1",
  "py3",
  "foo.",
  "foo-",
];
const VERSIONS = [
  ...[
    "1.0",
    "1",
    "0",
    "v1.0",
    "1.0.0",
    "01.0",
    "1!2.0",
    "1.0a1",
    "1.0-a-1",
    "1.0_a_1",
    "1.0.alpha.1",
    "1.0c",
    "1.0RC1",
    "1.0pre",
  ],
  ...[
    "1.0-1",
    "1.0_1",
    "1.0.1",
    "1.0-post1",
    "1.0.post1",
    "1.0_post_1",
    "1.0rev2",
    "1.0-r2",
    "1.0.dev1",
    "1.0-dev",
    "1.0_dev_3",
    "1.0a1.post2.dev3",
  ],
  ...[
    "1.0+local",
    "1.0+local.1",
    "1.0+local_1",
    "1.0+local-1",
    "1.0+LOCAL.01",
    "1.0+1",
    "1.0+",
    "1.0-1+1",
    "1.0-1-1",
    "1.0-1-dev",
  ],
  ...[
    "1.0+local-py3.9",
    "1.0+local_py3.9",
    "1.0+local.py3.9",
    "1.0+py3.9",
    "1.0+a-py3",
    "1.0+a.sdist",
    "1.0-py3.9",
    "1.0_py3.9",
    "1.0+a-sdist",
  ],
  ...[
    "",
    "latest",
    "1.x",
    "1.0-py3",
    "1.0-py2.7",
    "1.0_py3",
    "py3",
    "-1.0",
    "1.0-",
    "1..0",
    "1.0.sdist",
    "1.0.tar",
    "2-1.0",
    "v1-2",
    "1.0.linux-x86_64",
  ],
];
const ENDS = [
  ...[
    ".tar.gz",
    ".zip",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tar.lz",
    ".tar.lzma",
    ".tlz",
    ".tar.Z",
    ".sdist.tar.gz",
  ],
  ...[
    "-py3-none-any.whl",
    "-1-py3-none-any.whl",
    "-1a-py3-none-any.whl",
    "-a1-py3-none-any.whl",
    "-2.0-py3-none-any.whl",
    "--none-any.whl",
  ],
  ...[
    "-py3-none-.whl",
    "-py3.-none-any.whl",
    "-3-1-2.whl",
    "-1-3-1-2.whl",
    "-py2.py3-none-any.whl",
    "-py3-none-any-x.whl",
    "-py3-none.whl",
  ],
  ...[
    ".WHL",
    ".TAR.GZ",
    ".ZIP",
    "-py3-none-any.WHL",
    ".whl",
    ".exe",
    ".tar.zip",
    ".tar.tgz",
    ".zip.tar.gz",
    "-macosx10.zip",
    "",
  ],
];

/** A linear congruential generator: the same rows each time. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield state >>> 8;
  }
}

function generate(): (readonly [project: string, filename: string])[] {
  const random = numbers();
  const pick = (from: readonly string[]) => from[random.next().value % from.length] ?? "";
  const rows = new Map<string, readonly [string, string]>();
  while (rows.size < ROWS) {
    const project = pick(PROJECTS);
    // Half of them are of the project, and have a good ending.
    const name = random.next().value % 2 === 0 ? project.replaceAll("-", pick(["_", "-", ".", "__"])) : pick(NAMES);
    const end = random.next().value % 2 === 0 ? pick(ENDS.slice(0, 19)) : pick(ENDS);
    const filename = `${name}-${pick(VERSIONS)}${end}`;
    rows.set(`${project} ${filename}`, [project, filename]);
  }
  return [...rows.values()];
}

const INSTALLED: readonly [name: string, kind: string, python: string][] = [
  ["this machine's pip", "pip", "python3"],
  ["pip 23", "pip", `${CLIENTS}/pip23/bin/python`],
  ["pip 26", "pip", `${CLIENTS}/pip26/bin/python`],
  ["poetry", "poetry", `${CLIENTS}/poetry/bin/python`],
  ["pdm", "pdm", `${CLIENTS}/pdm/bin/python`],
];

/** What the client makes of each row; undefined where it is not here. */
function readAll(kind: string, python: string, rows: readonly (readonly [string, string])[]): string[] | undefined {
  if (python.includes("/") && !existsSync(python)) return undefined;
  const input = rows.map((row) => `${row.join(" ")}\n`).join("");
  const { status, stdout } = spawnSync(python, ["-I", SCRIPT, kind], { input, encoding: "utf8", maxBuffer: 2 ** 26 });
  return status === 0 ? stdout.split("\n").slice(0, -1) : undefined;
}

/** What some client takes and we do not list: it cannot be installed, so nothing gets past the gate. */
const LEFT_OUT: Readonly<Record<string, RegExp>> = {
  // A version of which some clients take off the end, so that they do not agree.
  pip: /[-_]py[123]\.?\d?[-.]|\.sdist[-.]/,
  pdm: /[-_]py[123]\.?\d?[-.]|\.sdist[-.]/,
  // It reads wheels whose name has dashes, or that name no platform, and cannot install them; and compress(1)'s archives.
  poetry: /[-_]py[123]\.?\d?[-.]|\.sdist[-.]|\.tar\.Z$|\.whl$/,
};

const canonical = (version: string) => VERSION_ORDERS.pypi.canonical(version);

describe("file names as clients read them", () => {
  const rows = generate();

  for (const [name, kind, python] of INSTALLED) {
    it(`are of the same release to ${name}`, (test) => {
      const read = readAll(kind, python, rows);
      if (!read) {
        const reason = `${name} is not here (${python})`;
        console.log(reason);
        return test.skip(reason);
      }
      assert.equal(read.length, rows.length);
      const found = rows.map(([project, filename], index) => ({
        row: `${project} ${filename}`,
        ours: parseFilename(project, filename)?.version,
        theirs: read[index] || undefined,
      }));
      const both = found.filter(({ ours, theirs }) => ours !== undefined && theirs !== undefined);
      assert.ok(both.length > 500, `${both.length} names that both read`);
      assert.deepEqual(
        both.filter(({ ours, theirs }) => canonical(ours ?? "") !== canonical(theirs ?? "")),
        [],
      );
      const unread = found.filter(({ ours, theirs }) => ours === undefined && theirs !== undefined);
      assert.deepEqual(
        unread.filter(({ row }) => !LEFT_OUT[kind]?.test(row)),
        [],
      );
    });
  }
});

/** What packaging refuses and pip took until it went by packaging. */
const LEGACY = ["foo__bar-1.0-py3-none-any.whl", "foo-1.0-py3.-none-any.whl", "playlyfe-0.1.1-2.7.6-none-any.whl"];

/** By whichever project it could be of: the one that it begins with, up to some dash. */
function readAsAny(filename: string): (string | undefined)[] {
  const projects = [...filename.matchAll(/-/g)].map(({ index }) => normalizeName("pypi", filename.slice(0, index)));
  return projects.flatMap((project) => parseFilename(project, filename)?.version ?? []);
}

describeData("packaging's file names", () => {
  const table = <Row>(test: string) =>
    casesOf<Row>(readJson<PytestTables>("fixtures/python-packaging/utils-names-filenames.json"), test);

  it("of sdists are read", () => {
    const rows = table<[filename: string, project: string, version: string]>("test_parse_sdist_filename");
    assert.equal(rows.length, 2);
    for (const [filename, project, version] of rows)
      assert.deepEqual(parseFilename(project, filename), { kind: "sdist", version });
  });

  it("that are wrong are not read", () => {
    const rows = [
      ...table<string>("test_parse_wheel_invalid_filename"),
      ...table<string>("test_parse_sdist_invalid_filename"),
    ];
    assert.equal(rows.length, 19);
    assert.deepEqual(
      rows.filter((filename) => readAsAny(filename).length > 0),
      LEGACY,
    );
  });
});
