/** A smoke test against the index that this machine's pip is set to; its upload times are not relied on. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { upstreamUrl } from "../../core/config.ts";
import { createFetch } from "../../core/http.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const JSON_V1 = "application/vnd.pypi.simple.v1+json";
const upstream = upstreamUrl("pypi", undefined);
const reason = (await withoutIndex()) ?? (await withoutPip());
if (reason) console.log(`# the live test is skipped: ${reason}`);

async function withoutIndex(): Promise<string | undefined> {
  try {
    const { status, body } = await createFetch()(new URL("six/", upstream), {
      maxBytes: 64 * 1024 * 1024,
      timeoutMs: 10_000,
      headers: { accept: JSON_V1 },
    });
    body.destroy();
    return status === 200 ? undefined : `the index of this machine answers ${status}`;
  } catch (error) {
    return `the index of this machine cannot be reached (${(error as Error).message})`;
  }
}

async function withoutPip(): Promise<string | undefined> {
  const { code, output } = await pip({}, "--version");
  return code === 0 ? undefined : `there is no pip (${output.slice(0, 100)})`;
}

/** Pure and compiled ones, long lists of versions, dependencies of dependencies. */
const POPULAR = [
  "attrs",
  "certifi",
  "click",
  "cryptography",
  "flask",
  "idna",
  "packaging",
  "pydantic",
  "pyyaml",
  "requests",
  "setuptools",
  "six",
  "sqlalchemy",
];
/** Its wheels are so large that they are only listed. */
const LARGE = "torch";
const LARGE_BYTES = 500 * 1024 * 1024;

describe("pip through the proxy, from the real index", { skip: reason ?? false }, () => {
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    const options = {
      upstreams: new Map([["pypi", upstream] as const]),
      fileOrigins: new Map([["pypi", "public"] as const]),
    };
    proxy = await startTestProxy(folder, { url: upstream }, options);
  });
  after(async () => {
    await proxy.close();
    folder.remove();
  });

  it("finds the same files of popular packages as without it", { timeout: 300_000 }, async () => {
    const through = await resolve(`${proxy.publicUrl}/pypi/simple/`);
    const direct = await resolve(upstream.href);
    assert.ok(direct.length > POPULAR.length, String(direct.length));
    assert.deepEqual(through, direct);
  });

  it("lists wheels of more than 500 MB, and fetches none of them", async () => {
    const page = await fetch(`${proxy.publicUrl}/pypi/simple/${LARGE}/`, { headers: { accept: JSON_V1 } });
    const { files } = (await page.json()) as { files: { size?: number; url: string }[] };
    assert.ok(files.some(({ size = 0 }) => size > LARGE_BYTES));
    assert.ok(files.every(({ url }) => url.startsWith(`${proxy.publicUrl}/pypi/files/${LARGE}/`)));
  });
});

interface Report {
  readonly install: readonly {
    readonly metadata: { readonly name: string; readonly version: string };
    readonly download_info: { readonly archive_info: { readonly hash: string } };
  }[];
}

/** What pip would install, each with the digest of its file. */
async function resolve(index: string): Promise<string[]> {
  const args = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-", "--only-binary", ":all:"];
  const environment = { PIP_INDEX_URL: index, PIP_NO_CACHE_DIR: "1", PIP_FIND_LINKS: "" };
  const { code, output } = await pip(environment, ...args, ...POPULAR);
  assert.equal(code, 0, output.slice(-2000));
  const { install } = JSON.parse(output.slice(output.indexOf("{"))) as Report;
  return install
    .map(({ metadata, download_info }) => `${metadata.name} ${metadata.version} ${download_info.archive_info.hash}`)
    .sort();
}

function pip(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1", ...environment };
  return new Promise<{ code: number; output: string }>((done) =>
    execFile("python3", ["-m", "pip", ...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      done({ code: error ? 1 : 0, output: error ? `${stdout}${stderr}` : stdout }),
    ),
  );
}
