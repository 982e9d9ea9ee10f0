/** What another project's reader of Python indexes makes of our pages: `pypi-simple`, which knows the PEPs and not us. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { buildFiles, type FixtureProject } from "../support/distributions.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixturePypi, startPypi } from "../support/pypi-registry.ts";

const PYTHON = join(process.env["CORDON_PYTHON_CLIENTS"] ?? "", "pypi-simple", "bin", "python");
const reason = existsSync(PYTHON)
  ? undefined
  : "pypi-simple is not installed: see test/support/install-python-clients.sh";
if (reason) console.log(`# our pages are not read by others: ${reason}`);

const PROJECT: FixtureProject = {
  name: "Some.Project",
  status: { status: "archived", reason: "It is done." },
  releases: [
    {
      version: "1.0",
      files: [
        { kind: "wheel", requiresPython: ">=3.9, <4", yanked: 'It says "no" & more.' },
        { kind: "sdist", requiresPython: ">=3.9, <4" },
        { kind: "egg", yanked: true },
      ],
    },
    { version: "2.0", files: [{ kind: "wheel" }, { kind: "sdist" }] },
  ],
};

/** Prints what it reads of a page in one of its forms. */
const READER = `
import json, sys
from pypi_simple import PyPISimple
accept = {"json": "application/vnd.pypi.simple.v1+json", "html": "application/vnd.pypi.simple.v1+html"}[sys.argv[2]]
with PyPISimple(sys.argv[1]) as index:
    names = index.get_index_page(accept=accept).projects
    page = index.get_project_page("some-project", accept=accept)
    print(json.dumps({"names": names, "project": page.project, "version": page.repository_version, "status": page.status,
        "packages": [{"filename": p.filename, "project": p.project, "version": p.version, "type": p.package_type,
        "digests": p.digests, "requires": p.requires_python, "yanked": p.is_yanked, "reason": p.yanked_reason,
        "metadata": p.metadata_digests, "url": p.url} for p in page.packages]}))
`;

interface Read {
  readonly names: readonly string[];
  readonly project: string;
  readonly version: string;
  readonly status: string | null;
  readonly packages: readonly {
    readonly filename: string;
    readonly project: string;
    readonly version: string;
    readonly type: string;
    readonly digests: Readonly<Record<string, string>>;
    readonly requires: string | null;
    readonly yanked: boolean;
    readonly reason: string | null;
    readonly metadata: Readonly<Record<string, string>> | null;
    readonly url: string;
  }[];
}

describe("pypi-simple, of our pages", { skip: reason ?? false }, () => {
  let pypi: FixturePypi;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    pypi = await startPypi([PROJECT]);
    folder = makeBundleFolder();
    await folder.sign({ records: [malwareRecord("some-project", ["2.0"], "MAL-2026-1", "PyPI")] });
    proxy = await startTestProxy(folder, pypi);
  });
  after(async () => {
    await proxy.close();
    await pypi.close();
    folder.remove();
  });

  function read(form: "json" | "html"): Promise<Read> {
    const args = ["-c", READER, `${proxy.pypi}/simple/`, form];
    return new Promise((resolve, reject) =>
      execFile(PYTHON, args, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout) as Read))),
    );
  }

  for (const form of ["json", "html"] as const) {
    it(`reads in ${form} what the upstream says of each file, and which are withheld`, async () => {
      const { names, project, version, status, packages } = await read(form);
      assert.deepEqual([names, project, version, status], [["some-project"], "some-project", "1.4", "archived"]);
      const built = buildFiles(PROJECT);
      assert.deepEqual(packages.map(({ filename }) => filename).sort(), built.map(({ filename }) => filename).sort());
      for (const found of packages) {
        const file = built.find(({ filename }) => filename === found.filename);
        assert.ok(file);
        const types = { wheel: "wheel", sdist: "sdist", egg: "egg" };
        assert.deepEqual([found.project, found.version], ["some_project", file.version], found.filename);
        assert.deepEqual([found.type, found.digests], [types[file.fixture.kind], { sha256: file.sha256 }]);
        assert.equal(found.requires, file.fixture.requiresPython ?? null);
        assert.equal(found.metadata !== null, file.metadata !== undefined);
        const { yanked = false } = file.fixture;
        const why = typeof yanked === "string" ? yanked : "";
        if (file.version === "2.0") assert.match(found.reason ?? "", /^cordon: blocked pkg:pypi\/some-project@2\.0: /);
        else assert.deepEqual([found.yanked, found.reason ?? ""], [yanked !== false, why], found.filename);
        assert.ok(found.url.startsWith(`${proxy.pypi}/files/some-project/`));
      }
    });
  }
});
