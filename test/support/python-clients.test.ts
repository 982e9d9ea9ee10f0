/**
 * That the clients of Python packages take the index of the tests for one, and what they show of a 403 for a file. Here
 * only until they are tested through the proxy.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { ClientRun } from "./clients.ts";
import { buildFiles, type FixtureProject } from "./distributions.ts";
import { LANES } from "./lanes.ts";
import { type Listener, listen } from "./listener.ts";
import { type FixturePypi, startPypi } from "./pypi-registry.ts";
import {
  makePythonProject,
  NO_PYTHON_CLIENTS,
  PYTHON_CLIENTS,
  type PythonClientName,
  type PythonProject,
  type PythonProjectOptions,
  pythonLockfileName,
} from "./python-clients.ts";
import type { Answer } from "./registry.ts";
import { simplePage } from "./simple-index.ts";
import { joined, showsSentence } from "./terminal.ts";

const versions = (...all: readonly string[]) => all.map((version) => ({ version }));
const DENIED = "pkg:pypi/dep@1.2.0";
const PROJECTS: readonly FixtureProject[] = [
  { name: "dep", releases: versions("1.0.0", "1.1.0", "1.2.0") },
  { name: "host", releases: [{ version: "2.0.0", dependencies: ["dep<1.2,>=1.0"] }] },
  { name: "Src.Only", releases: [{ version: "0.1.0", files: [{ kind: "sdist", setup: `print("built")\n` }] }] },
  { name: "bare", releases: [{ version: "1.0.0", files: [{ kind: "wheel", metadata: false }] }] },
];

/** A denied release that is listed as yanked, with the reason, or as if nothing were. */
const LISTED = { yanked: true, "as any other": false } as const;

describe("startPypi()", () => {
  let pypi: FixturePypi;

  before(async () => {
    pypi = await startPypi([
      {
        name: "Some.Name",
        status: { status: "archived", reason: "done" },
        releases: [
          {
            version: "1.0",
            files: [
              { kind: "wheel", requiresPython: ">=3.9", yanked: 'a "reason"' },
              { kind: "sdist", uploaded: null },
              { kind: "egg" },
            ],
          },
        ],
      },
    ]);
  });

  after(() => pypi.close());

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(new URL(path, pypi.url), { headers, redirect: "manual" });

  for (const [accept, type] of [
    ["*/*", "text/html"],
    ["text/html", "text/html"],
    ["application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"],
    ["application/vnd.pypi.simple.v1+json, */*;q=0.1", "application/vnd.pypi.simple.v1+json"],
    ["application/vnd.pypi.simple.v1+json;q=0.1, text/html;q=0.2", "text/html"],
  ] as const)
    it(`answers ${type} for Accept: ${accept}`, async () => {
      const answer = await ask("/simple/some-name/", { accept });
      assert.equal(answer.headers.get("content-type"), type);
      await answer.text();
    });

  it("tells the same of a file in both forms", async () => {
    const json = await (await ask("/simple/some-name/", { accept: "application/vnd.pypi.simple.v1+json" })).json();
    const html = await (await ask("/simple/some-name/", { accept: "text/html" })).text();
    const [wheel, sdist] = (json as { files: { hashes: { sha256: string }; [field: string]: unknown }[] }).files;
    assert.equal(wheel?.["yanked"], 'a "reason"');
    assert.equal(wheel?.["upload-time"], "2020-01-01T00:00:00.000Z");
    assert.ok(sdist && !("upload-time" in sdist));
    assert.ok(html.includes(`href="${wheel?.["url"]}#sha256=${wheel?.hashes.sha256}"`));
    assert.ok(html.includes('data-yanked="a &quot;reason&quot;"'));
    assert.ok(html.includes('data-requires-python="&gt;=3.9"'));
    assert.ok(html.includes('<meta name="pypi:project-status" content="archived">'));
  });

  it("leads to the page of the normalized name", async () => {
    for (const path of ["/simple/Some.Name/", "/simple/some-name"]) {
      const answer = await ask(path);
      assert.equal(answer.status, 301);
      assert.equal(answer.headers.get("location"), "/simple/some-name/");
      await answer.text();
    }
  });

  it("has the legacy JSON of a release", async () => {
    const release = (await (await ask("/pypi/some-name/1.0/json")).json()) as Record<string, unknown[]>;
    assert.equal(release["urls"]?.length, 3);
    assert.equal((await ask("/pypi/some-name/2.0/json")).status, 404);
  });

  it("gives a file, its METADATA, its head and a part of it, and counts the bytes", async () => {
    const path = pypi.pathOf("some_name-1.0-py3-none-any.whl");
    const before = pypi.bytes;
    const whole = Buffer.from(await (await ask(path)).arrayBuffer());
    assert.ok(pypi.bytes - before > whole.length);
    assert.match(await (await ask(`${path}.metadata`)).text(), /^Name: Some\.Name$/m);
    const part = await ask(path, { range: "bytes=-10" });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(-10));
    const head = await fetch(new URL(path, pypi.url), { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String(whole.length));
    assert.deepEqual(pypi.asked.at(-1)?.method, "HEAD");
  });

  it("takes a release later, and other bytes of a file", async () => {
    pypi.put({ name: "later", releases: versions("1") });
    pypi.tamper("later-1-py3-none-any.whl", Buffer.from("other"));
    assert.equal(await (await ask(pypi.pathOf("later-1-py3-none-any.whl"))).text(), "other");
  });

  it("has the same bytes for the same project", () => {
    for (const project of PROJECTS) {
      const same = structuredClone(project);
      assert.deepEqual(buildFiles(same), buildFiles(project));
      assert.deepEqual(simplePage(same), simplePage(project));
    }
  });
});

describe("the clients of Python packages", { skip: NO_PYTHON_CLIENTS ?? false, concurrency: LANES }, () => {
  for (const client of PYTHON_CLIENTS) {
    describe(client, () => {
      for (const forms of ["both", "html"] as const) describeInstalls(client, forms);
      describeRefusals(client);
    });
  }
});

/** A project that asks the index and nobody else. */
function usePypi(client: PythonClientName, start: () => Promise<FixturePypi>) {
  let pypi: FixturePypi;
  let outside: Listener;

  before(async () => {
    pypi = await start();
    outside = await listen();
  });

  afterEach(() => assert.deepEqual(outside.requests, [], "asked of other hosts"));

  after(async () => {
    for (const server of [pypi, outside]) await server.close();
  });

  return {
    pypi: () => pypi,
    project(options: PythonProjectOptions = {}): PythonProject & AsyncDisposable {
      const made = makePythonProject(client, pypi.simple.href, { outside: outside.url, ...options });
      return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
    },
  };
}

function describeInstalls(client: PythonClientName, forms: "both" | "html"): void {
  describe(`with an index that has ${forms === "both" ? "both forms" : "HTML only"}`, () => {
    const { pypi, project } = usePypi(client, () => startPypi(PROJECTS, { forms }));

    for (const [what, spec, name, version] of [
      ["an exact version", "dep==1.1.0", "dep", "1.1.0"],
      ["the highest version of a range", "dep<1.2,>=1.0", "dep", "1.1.0"],
      ["what a project depends on", "host", "dep", "1.1.0"],
      ["from an sdist", "src.only==0.1.0", "src-only", "0.1.0"],
      ["from a wheel without METADATA beside it", "bare", "bare", "1.0.0"],
    ] as const)
      it(`installs ${what}`, async () => {
        await using made = project();
        const { code, output } = await made.add(spec);
        assert.equal(code, 0, output);
        assert.equal(made.installed(name), version);
        assert.deepEqual(made.unpacked(name), [version]);
      });

    it("installs what it locked", async () => {
      const dependencies = ["host==2.0.0"];
      await using locked = project({ dependencies });
      const { code, output } = await locked.lock();
      assert.equal(code, 0, output);
      assert.equal(locked.installed("dep"), undefined);
      const files = { [pythonLockfileName(client)]: locked.lockfile() ?? "" };
      assert.match(files[pythonLockfileName(client)] ?? "", /[0-9a-f]{64}/);
      await using made = project({ dependencies, files });
      const run = await made.installFrozen();
      assert.equal(run.code, 0, run.output);
      assert.equal(made.installed("dep"), "1.1.0");
      assert.equal(made.lockfile(), locked.lockfile());
    });

    it("installs what the project depends on", async () => {
      await using made = project({ dependencies: ["host==2.0.0"] });
      const { code, output } = await made.install();
      assert.equal(code, 0, output);
      assert.equal(made.installed("dep"), "1.1.0");
    });

    it("refuses a file with other bytes than the index says", async () => {
      pypi().put({ name: "tampered", releases: versions("1.0") });
      pypi().tamper(
        "tampered-1.0-py3-none-any.whl",
        buildFiles({ name: "tampered", releases: versions("2.0") })[0]?.bytes ?? Buffer.of(),
      );
      await using made = project();
      const { code, output } = await made.add("tampered==1.0");
      assert.notEqual(code, 0, output);
      assert.equal(made.installed("tampered"), undefined);
    });
  });
}

function describeRefusals(client: PythonClientName): void {
  for (const [how, yanked] of Object.entries(LISTED))
    describe(`with a denied release that is listed ${how}`, () => {
      const { pypi, project } = usePypi(client, () => startPypi(PROJECTS));
      const dependencies = ["dep==1.2.0"];
      const files: Record<string, string> = {};

      before(async () => {
        await using locked = project({ dependencies });
        const { code, output } = await locked.lock();
        assert.equal(code, 0, output);
        files[pythonLockfileName(client)] = locked.lockfile() ?? "";
        deny(pypi(), yanked);
      });

      function assertRefused(made: PythonProject, { code, output }: ClientRun): void {
        assert.notEqual(code, 0, output);
        assert.equal(made.installed("dep"), undefined);
        assert.deepEqual(made.unpacked("dep"), []);
        assert.ok(showsSentence(output, DENIED), output);
        assert.ok(joined(output).includes(`${pypi().url.origin}/-/why/${DENIED}`), output);
      }

      it("shows the reason of an exact pin", async () => {
        await using made = project();
        assertRefused(made, await made.add("dep==1.2.0"));
      });

      it("shows the reason of what was locked before", async () => {
        await using made = project({ dependencies, files });
        assertRefused(made, await made.installFrozen());
      });

      it(yanked ? "installs an older version of a range" : "shows the reason of a range", async () => {
        await using made = project();
        const run = await made.add("dep>=1.0");
        if (!yanked) return assertRefused(made, run);
        assert.equal(run.code, 0, run.output);
        assert.equal(made.installed("dep"), "1.1.0");
      });
    });
}

/** What the proxy answers for a denied file and its METADATA. */
function deny(pypi: FixturePypi, yanked: boolean): void {
  const why = `${pypi.url.origin}/-/why/${DENIED}`;
  const sentence = `cordon: blocked ${DENIED}: An advisory names this release as malicious (known-malicious, MAL-2026-1). Why, and how to ask for an exception: ${why}`;
  const answer: Answer = (_request, response) => {
    response.statusCode = 403;
    response.statusMessage = `Forbidden - ${sentence}`;
    response.setHeader("content-type", "application/problem+json");
    response.end(JSON.stringify({ type: why, title: "blocked by policy", status: 403, detail: sentence }));
  };
  const files = yanked ? [{ kind: "wheel", yanked: sentence } as const] : undefined;
  pypi.put({ name: "dep", releases: [...versions("1.0.0", "1.1.0"), { version: "1.2.0", ...(files && { files }) }] });
  const path = pypi.pathOf("dep-1.2.0-py3-none-any.whl");
  for (const each of [path, `${path}.metadata`]) pypi.answer(each, answer);
}
