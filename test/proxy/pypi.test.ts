import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import type { Refusal } from "../../core/refusal.ts";
import type { RootSource } from "../../core/sigstore/trusted-root.ts";
import { attest } from "../support/attestation.ts";
import { buildFiles, type FixtureFile, type FixtureProject } from "../support/distributions.ts";
import { AGE_POLICY, MALWARE_POLICY, policyFile } from "../support/policies.ts";
import {
  type BundleFolder,
  makeBundleFolder,
  type SignedBundle,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";
import { type FixturePypi, startPypi } from "../support/pypi-registry.ts";
import { send } from "../support/send.ts";
import { type MockSigstore, runClaims, startSigstore } from "../support/sigstore.ts";

const JSON_V1 = "application/vnd.pypi.simple.v1+json";
const PUBLISH = "https://docs.pypi.org/attestations/publish/v1";

const malware = (name: string, versions: readonly string[]) => ({
  id: "MAL-2026-1",
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "PyPI", name }, versions: [...versions] }],
});
const rule = (condition: string) =>
  policyFile("one", `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: No. }]`);

interface PageFile {
  readonly filename: string;
  readonly url: string;
  readonly hashes: Readonly<Record<string, string>>;
  readonly yanked: boolean | string;
  readonly "core-metadata"?: Readonly<Record<string, string>>;
  readonly provenance?: string;
}

interface Page {
  readonly versions: readonly string[];
  readonly files: readonly PageFile[];
  readonly "project-status"?: { readonly status: string; readonly reason?: string };
}

const WHEEL_AND_SDIST: readonly FixtureFile[] = [{ kind: "wheel" }, { kind: "sdist" }];
const PROJECT: FixtureProject = {
  name: "Some.Project",
  releases: [
    { version: "1.0", files: WHEEL_AND_SDIST },
    { version: "1.1", files: [...WHEEL_AND_SDIST, { kind: "egg" }] },
  ],
};

describe("Python's index through the proxy", () => {
  let pypi: FixturePypi;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let base: string;

  beforeEach(async () => {
    pypi = await startPypi([PROJECT]);
    folder = makeBundleFolder();
  });
  afterEach(async () => {
    await proxy.close();
    await pypi.close();
    folder.remove();
  });

  async function enforce(bundle: SignedBundle, options = {}): Promise<void> {
    await folder.sign(bundle);
    proxy = await startTestProxy(folder, pypi, { upstreams: new Map([["pypi", pypi.simple]]), ...options });
    base = `${proxy.publicUrl}/pypi`;
  }
  const get = (path: string, accept = "*/*") => fetch(`${base}${path}`, { headers: { accept }, redirect: "manual" });
  const page = async (name = "some-project") => (await (await get(`/simple/${name}/`, JSON_V1)).json()) as Page;
  const statusOf = async (path: string) => {
    const answer = await get(path);
    await answer.arrayBuffer();
    return answer.status;
  };
  const file = (name: string) => statusOf(`/files/some-project/${name}`);

  it("has one address for a project, to which the others lead", async () => {
    await enforce({});
    for (const path of ["/simple/Some.Project/", "/simple/some_project", "/simple/some-project"]) {
      const answer = await get(path);
      assert.deepEqual([answer.status, answer.headers.get("location")], [301, `${base}/simple/some-project/`], path);
    }
    assert.equal(await statusOf("/simple/some-project/"), 200);
    assert.equal(await statusOf("/simple/nobodys/"), 404);
  });

  it("lists the projects, asking once for each form", async () => {
    pypi.put({ name: "Other", releases: [] });
    await enforce({});
    const list = async (accept: string) => (await get("/simple/", accept)).text();
    for (let times = 0; times < 2; times++) {
      const { projects } = JSON.parse(await list(JSON_V1)) as { projects: object[] };
      assert.deepEqual(projects, [{ name: "other" }, { name: "some-project" }]);
      assert.match(await list("text/html"), /<a href="some-project\/">some-project<\/a>/);
    }
    assert.equal(pypi.requests.length, 2);
    assert.equal((await get("/simple")).headers.get("location"), `${base}/simple/`);
  });

  it("answers in JSON who asks for it, and in HTML who does not", async () => {
    await enforce({});
    const typeOf = async (accept: string) => (await get("/simple/some-project/", accept)).headers.get("content-type");
    assert.equal(await typeOf("*/*"), "text/html; charset=utf-8");
    assert.equal(await typeOf(`${JSON_V1}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01`), JSON_V1);
    assert.equal(await typeOf("application/vnd.pypi.simple.v1+html"), "application/vnd.pypi.simple.v1+html");
  });

  it("sends the bytes of files and of their metadata, from the address that it lists them at", async () => {
    await enforce({});
    const built = buildFiles(PROJECT);
    const { files } = await page();
    assert.equal(files.length, built.length);
    for (const { filename, url } of files) {
      assert.equal(url, `${base}/files/some-project/${filename}`);
      const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
      assert.deepEqual(bytes, Buffer.from(built.find((one) => one.filename === filename)?.bytes ?? []));
    }
    const [wheel] = built;
    const beside = await fetch(`${files[0]?.url}.metadata`);
    assert.equal(await beside.text(), wheel?.metadata);
    const part = await fetch(files[0]?.url ?? "", { headers: { range: "bytes=-10" } });
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 10]);
    assert.ok(pypi.asked.every(({ agent }) => agent === "cordon"));
  });

  it("lists a denied release with all files yanked for the reason, and refuses each of them", async () => {
    await enforce({ records: [malware("some-project", ["1.1"])] });
    const { files, versions } = await page();
    assert.deepEqual(versions, ["1.0", "1.1"]);
    const denied = files.filter(({ filename }) => filename.includes("-1.1"));
    assert.equal(denied.length, 3);
    for (const { filename, yanked } of files) {
      if (filename.includes("-1.0")) assert.equal(yanked, false);
      else assert.match(String(yanked), /^cordon: blocked pkg:pypi\/some-project@1\.1: .*MAL-2026-1.*\/-\/why\//);
    }
    for (const { filename, "core-metadata": metadata } of denied) {
      assert.equal(await file(filename), 403);
      if (metadata) assert.equal(await file(`${filename}.metadata`), 403);
    }
    assert.ok(!pypi.requests.some((path) => path.startsWith("/files/")), "nothing of it was asked for");
  });

  it("refuses in the form that uv reads, with the sentence as the reason phrase", async () => {
    await enforce({ records: [malware("some-project", ["1.1"])] });
    const url = `${base}/files/some-project/some_project-1.1.tar.gz`;
    const { message, headers, text } = await send(url, { method: "GET" });
    assert.equal(headers["content-type"], "application/problem+json");
    assert.equal(headers["cache-control"], "no-store");
    assert.match(message, /^Forbidden - cordon: blocked pkg:pypi\/some-project@1\.1/);
    const problem = JSON.parse(text) as Refusal & { type: string; title: string; status: number; detail: string };
    assert.equal(problem.type, `${proxy.publicUrl}/-/why/pkg:pypi/some-project@1.1`);
    assert.deepEqual([problem.title, problem.status], ["Refused by policy known-malicious", 403]);
    assert.equal(problem.detail, problem.error);
    assert.deepEqual(problem.remediation.alternatives, ["1.0"]);
  });

  it("lists files as they are where nothing is allowed, and says so of the project", async () => {
    await enforce({ records: [malware("some-project", ["1.0", "1.1"])] });
    const { files, "project-status": status } = await page();
    assert.deepEqual([...new Set(files.map(({ yanked }) => yanked))], [false]);
    assert.equal(status?.status, "quarantined");
    assert.match(status?.reason ?? "", /blocked pkg:pypi\/some-project@1\.1/);
    assert.equal(await file(files[0]?.filename ?? ""), 403);
  });

  it("lists a malicious release that the upstream took down, so that a pin of it is told why", async () => {
    await enforce({ records: [malware("some-project", ["0.9"])] });
    const gone = (await page()).files.find(({ filename }) => filename === "some_project-0.9.tar.gz");
    assert.match(String(gone?.yanked), /blocked pkg:pypi\/some-project@0\.9/);
    assert.equal(await file("some_project-0.9.tar.gz"), 403);
    assert.equal(await file("some_project-0.8.tar.gz"), 404);
  });

  it("withholds what is too young, by its first upload, and tells of what came late", async () => {
    const young = "2026-11-22T00:00:00Z";
    pypi.put({
      name: "some-project",
      releases: [
        { version: "1.0", files: [{ kind: "wheel" }, { kind: "sdist", uploaded: young }] },
        { version: "1.1", published: young },
      ],
    });
    await enforce({ source: { policies: [AGE_POLICY] } });
    const yanked = (await page()).files.map(({ filename, yanked }) => [filename, yanked !== false]);
    assert.deepEqual(yanked, [
      ["some_project-1.0-py3-none-any.whl", false],
      ["some_project-1.0.tar.gz", false],
      ["some_project-1.1-py3-none-any.whl", true],
    ]);
    await proxy.close();
    const late = rule("release.lastUpload - release.published > duration('24h')");
    await enforce({ source: { policies: [late] }, revision: 2 });
    assert.equal(await file("some_project-1.0-py3-none-any.whl"), 403);
    assert.equal(await file("some_project-1.1-py3-none-any.whl"), 200);
  });

  it("serves nothing that the page does not list, nor what lies elsewhere", async () => {
    pypi.put({
      name: "some-project",
      releases: [
        { version: "1.0", files: [{ kind: "wheel", fields: { url: "https://elsewhere.example/x.whl" } }] },
        { version: "1.1", files: [{ kind: "wheel", fields: { hashes: { md5: "0".repeat(32) } } }] },
        { version: "1.2", files: [{ kind: "wheel", filename: "other_project-1.2-py3-none-any.whl" }] },
      ],
    });
    await enforce({});
    const names = (await page()).files.map(({ filename }) => filename);
    assert.deepEqual(names, ["some_project-1.0-py3-none-any.whl"]);
    assert.equal(await file("some_project-1.0-py3-none-any.whl"), 502);
    assert.equal(await file("some_project-1.1-py3-none-any.whl"), 404);
    assert.equal(await file("other_project-1.2-py3-none-any.whl"), 404);
    assert.equal(await file("some_project-9-py3-none-any.whl"), 404);
  });

  it("serves no other bytes than those that are listed", async () => {
    await enforce({});
    pypi.tamper("some_project-1.0.tar.gz", Buffer.from("other"));
    const answer = await get("/files/some-project/some_project-1.0.tar.gz");
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [502, "DIGEST_MISMATCH"]);
  });

  it("reads an index that has HTML only, which tells no times", async () => {
    const old = await startPypi([PROJECT], { forms: "html", files: "../../files" });
    await enforce({ source: { policies: [MALWARE_POLICY] } }, { upstreams: new Map([["pypi", old.simple]]) });
    const { files } = await page();
    assert.equal(files.length, 5);
    assert.ok(files[0]?.["core-metadata"]?.["sha256"]);
    assert.equal(await file("some_project-1.0-py3-none-any.whl"), 200);
    assert.equal(await file("some_project-1.0-py3-none-any.whl.metadata"), 200);
    await old.close();
  });

  it("approves a release only with all of its files", async () => {
    const sha256 = buildFiles(PROJECT)
      .filter(({ version }) => version === "1.1")
      .map((one) => `sha256:${one.sha256}`);
    const approve = (digests: readonly string[], revision: number) =>
      folder.sign({
        revision,
        source: {
          policies: [rule("release.version == '1.1'")],
          approvals: [
            {
              path: "approvals/pypi/one.yaml",
              text: JSON.stringify({
                apiVersion: "cordon/v1",
                kind: "Approval",
                spec: {
                  purl: "pkg:pypi/some-project@1.1",
                  digests,
                  reason: "needed",
                  requestedBy: "dev",
                  approvedBy: "security",
                  created: "2026-11-22T00:00:00Z",
                  expires: "2026-12-22T00:00:00Z",
                },
              }),
            },
          ],
        },
      });
    await approve(sha256.slice(1), 1);
    proxy = await startTestProxy(folder, pypi, { upstreams: new Map([["pypi", pypi.simple]]) });
    base = `${proxy.publicUrl}/pypi`;
    assert.equal(await file("some_project-1.1.tar.gz"), 403);
    const why = await fetch(`${proxy.publicUrl}/-/why/pkg:pypi/some-project@1.1`);
    const { approval } = (await why.json()) as { approval: { text: string } };
    for (const digest of sha256) assert.ok(approval.text.includes(digest), digest);
    await approve(sha256, 2);
    await proxy.lifecycle.poll();
    assert.equal(await file("some_project-1.1.tar.gz"), 200);
  });

  it("lists a denied file at another address, where it is judged as well", async () => {
    await enforce({ records: [malware("some-project", ["1.1"])] });
    const urls = async () =>
      (await page()).files.map(({ url }) => url.slice(base.length)).filter((url) => /1\.1/.test(url));
    const denied = await urls();
    assert.equal(denied.length, 3);
    for (const url of denied) {
      assert.ok(url.startsWith("/files/some-project/blocked/"), url);
      for (const path of [url, url.replace("/blocked", "")]) assert.equal(await statusOf(path), 403, path);
    }
    await folder.sign({ revision: 2 });
    await proxy.lifecycle.poll();
    assert.deepEqual(
      await urls(),
      denied.map((url) => url.replace("/blocked", "")),
    );
    // The page may have been read before.
    for (const url of denied) assert.equal(await statusOf(url), 200, url);
    for (const path of ["/files/some-project/blocked", "/files/some-project/blocked/x/y", "/simple/a/blocked/b"])
      assert.equal(await statusOf(path), 404, path);
  });

  it("finds a release by any spelling of its version", async () => {
    await enforce({});
    const why = async (version: string) =>
      (await (await fetch(`${proxy.publicUrl}/-/why/pkg:pypi/some-project@${version}`)).json()) as { purl: string };
    assert.equal((await why("1.1.0")).purl, "pkg:pypi/some-project@1.1");
    assert.equal((await why("v1.1")).purl, "pkg:pypi/some-project@1.1");
  });

  it("has the older JSON of a project and of a release, without what is denied", async () => {
    await enforce({ records: [malware("some-project", ["1.1"])] });
    const project = (await (await get("/some-project/json")).json()) as {
      info: { version: string };
      releases: Record<string, { url: string }[]>;
      urls: object[];
    };
    assert.deepEqual([project.info.version, Object.keys(project.releases)], ["1.0", ["1.0"]]);
    assert.equal(project.releases["1.0"]?.[0]?.url, `${base}/files/some-project/some_project-1.0-py3-none-any.whl`);
    assert.equal(project.urls.length, 2);
    assert.equal(await statusOf("/some-project/1.0/json"), 200);
    assert.equal(await statusOf("/some-project/1.1/json"), 403);
    assert.equal(await statusOf("/some-project/9/json"), 404);
  });

  it("takes nothing that is sent, and has nothing at other paths", async () => {
    await enforce({});
    assert.equal((await fetch(`${base}/simple/`, { method: "POST", body: "x" })).status, 405);
    for (const path of ["/", "/simple", "/legacy/", "/simple/a/b/c", "/files/some-project", "/simple/..%2fx/"])
      assert.ok([301, 404].includes(await statusOf(path)), path);
  });

  describe("facts from other documents", () => {
    it("are the licence and the repository, from the metadata beside a wheel", async () => {
      const of = (fields: Record<string, string | readonly string[]>) => ({
        name: "some-project",
        releases: [{ version: "1.0", metadataFields: fields }],
      });
      const refused = async (project: FixtureProject, revision: number) => {
        pypi.put(project);
        const condition =
          "release.?license.orValue('') != 'Apache-2.0' || release.?repository.orValue('') != 'https://git.example/x'";
        await enforce({ source: { policies: [rule(condition)] }, revision });
        const status = await file("some_project-1.0-py3-none-any.whl");
        await proxy.close();
        return status;
      };
      const urls = ["Home, https://x.example", "Source Code, https://git.example/x"];
      assert.equal(await refused(of({ "License-Expression": "Apache-2.0", "Project-URL": urls }), 1), 200);
      assert.equal(await refused(of({ "License-Expression": "MIT", "Project-URL": urls }), 2), 403);
      assert.equal(await refused(of({ "License-Expression": "Apache-2.0" }), 3), 403);
      assert.ok(pypi.requests.every((path) => !path.endsWith(".whl") || path.includes("/files/")));
    });

    it("are in the wheel itself, where no metadata lies beside it", async () => {
      const metadataFields = { "License-Expression": "Apache-2.0" };
      pypi.put({
        name: "some-project",
        releases: [{ version: "1.0", files: [{ kind: "wheel", metadata: false }], metadataFields }],
      });
      await enforce({ source: { policies: [rule("release.license != 'Apache-2.0'")] } });
      assert.equal(await file("some_project-1.0-py3-none-any.whl"), 200);
    });

    it("are what an sdist runs when it is built", async () => {
      const sdist = (version: string, more: Partial<FixtureFile>) => ({
        version,
        files: [{ kind: "sdist" as const, ...more }],
      });
      pypi.put({
        name: "some-project",
        releases: [
          sdist("1.0", {}),
          sdist("1.1", { setup: "print()" }),
          sdist("1.2", { contents: { "pyproject.toml": "[build-system]\nbuild-backend = 'evil'" } }),
          sdist("1.3", { contents: { "pyproject.toml": "not = = toml" } }),
        ],
      });
      const unusual =
        "!release.sourceBuild.readable || release.sourceBuild.setupPy || release.sourceBuild.backend != 'backend'";
      await enforce({ source: { policies: [rule(unusual)] } });
      const statuses = await Promise.all(["1.0", "1.1", "1.2", "1.3"].map((v) => file(`some_project-${v}.tar.gz`)));
      assert.deepEqual(statuses, [200, 403, 403, 403]);
    });
  });

  describe("attestations", () => {
    let sigstore: MockSigstore;
    before(async () => {
      sigstore = await startSigstore();
    });
    after(() => sigstore.close());

    const ATTESTED = rule("!release.attestation.verified");
    const root = (): RootSource => ({
      current: () => TrustedRoot.fromJSON(sigstore.trustedRoot),
      status: () => ({ origin: "test", refreshed: null, newestAuthority: null, error: null }),
      refresh: async () => {},
    });
    const attested = (kinds: readonly FixtureFile["kind"][]): FixtureProject => ({
      name: "some-project",
      releases: [
        {
          version: "1.0",
          files: kinds.map((kind) => ({ kind, provenance: new URL(`provenance/${kind}`, pypi.url).href })),
        },
      ],
    });

    /** A provenance object (PEP 740) on one file; `about` another one, where it is to be wrong. */
    async function answerProvenance(project: FixtureProject, kind: FixtureFile["kind"], about = kind) {
      const built = buildFiles(project).find(({ fixture }) => fixture.kind === about);
      assert.ok(built);
      const bundle = (await attest(
        sigstore,
        [{ name: built.filename, digest: { sha256: built.sha256 } }],
        PUBLISH,
      )) as unknown as {
        verificationMaterial: { certificate: { rawBytes: string }; tlogEntries: object[] };
        dsseEnvelope: { payload: string; signatures: { sig: string }[] };
      };
      const { verificationMaterial: material, dsseEnvelope: envelope } = bundle;
      const attestation = {
        version: 1,
        verification_material: {
          certificate: material.certificate.rawBytes,
          transparency_entries: material.tlogEntries,
        },
        envelope: { statement: envelope.payload, signature: envelope.signatures[0]?.sig },
      };
      const document = { version: 1, attestation_bundles: [{ publisher: {}, attestations: [attestation] }] };
      pypi.answer(`/provenance/${kind}`, (_request, response) => response.end(JSON.stringify(document)));
    }

    async function statusWith(policy: ReturnType<typeof rule>, project: FixtureProject): Promise<number> {
      pypi.put(project);
      await enforce({ source: { policies: [policy] } }, { attestationRoot: root() });
      return file("some_project-1.0-py3-none-any.whl");
    }

    it("are verified for every file, and tell who published", async () => {
      const project = attested(["wheel", "sdist"]);
      await answerProvenance(project, "wheel");
      await answerProvenance(project, "sdist");
      const policy = rule(
        "!release.attestation.verified || release.attestation.repository != 'https://github.com/acme/policy'",
      );
      assert.equal(await statusWith(policy, project), 200);
      const [listed] = (await page()).files;
      assert.equal(listed?.provenance, `${base}/provenance/some-project/${listed?.filename}`);
      const provenance = (await (await fetch(listed?.provenance ?? "")).json()) as { version: number };
      assert.equal(provenance.version, 1);
    });

    it("are not, where one file has none", async () => {
      const [release] = attested(["wheel"]).releases;
      assert.ok(release?.files);
      const project = {
        name: "some-project",
        releases: [{ ...release, files: [...release.files, { kind: "sdist" as const }] }],
      };
      await answerProvenance(project, "wheel");
      assert.equal(await statusWith(ATTESTED, project), 403);
    });

    it("are not, where they are about another file", async () => {
      const project = attested(["wheel", "sdist"]);
      await answerProvenance(project, "wheel", "sdist");
      await answerProvenance(project, "sdist");
      assert.equal(await statusWith(ATTESTED, project), 403);
    });

    it("are not, where files come from two builders", async () => {
      const project = attested(["wheel", "sdist"]);
      await answerProvenance(project, "wheel");
      sigstore.claims = runClaims({ repository: "mallory/x" });
      await answerProvenance(project, "sdist");
      sigstore.claims = runClaims();
      assert.equal(await statusWith(ATTESTED, project), 403);
    });
  });
});
