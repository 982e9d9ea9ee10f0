/** A smoke test against the module proxy that this machine's go is set to. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { upstreamUrl } from "../../core/config.ts";
import { createFetch } from "../../core/http.ts";
import { type GoProject, makeGoProject, NO_GO } from "../support/go-client.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const POPULAR = [
  "github.com/google/uuid",
  "github.com/pkg/errors",
  "github.com/spf13/cobra",
  "github.com/stretchr/testify",
  "golang.org/x/crypto",
  "golang.org/x/net",
  "golang.org/x/text",
  "gopkg.in/yaml.v3",
];

const upstream = upstreamUrl("golang", undefined);
const reason = NO_GO ?? (await unreachable());
if (reason) console.log(`# the live test is skipped: ${reason}`);

async function unreachable(): Promise<string | undefined> {
  try {
    const { status, body } = await createFetch()(new URL("golang.org/x/text/@v/list", upstream), {
      maxBytes: 1024 * 1024,
      timeoutMs: 10_000,
    });
    body.destroy();
    return status === 200 ? undefined : `the module proxy of this machine answers ${status}`;
  } catch (error) {
    return `the module proxy of this machine cannot be reached (${(error as Error).message})`;
  }
}

describe("go get through the proxy, from the real module proxy", { skip: reason ?? false }, () => {
  let folder: BundleFolder;
  let proxy: TestProxy;
  const projects: GoProject[] = [];

  before(async () => {
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    proxy = await startTestProxy(folder, { url: upstream }, { upstreams: new Map([["golang", upstream]]) });
  });
  after(async () => {
    await proxy.close();
    folder.remove();
    for (const project of projects) project.remove();
  });

  /** What is required after popular modules were got, with the checksums of their files. */
  async function sums(goproxy: string): Promise<string> {
    const environment = { HTTP_PROXY: "", HTTPS_PROXY: "", ...certificates() };
    const made = makeGoProject(goproxy, { environment });
    projects.push(made);
    const { code, output } = await made.get(...POPULAR);
    assert.equal(code, 0, output);
    return (await made.run("list", "-m", "-f", "{{.Path}} {{.Version}} {{.GoModSum}} {{.Sum}}", "all")).output;
  }

  it("resolves popular modules as without it, to the same checksums", { timeout: 180_000 }, async () => {
    const through = await sums(`${proxy.publicUrl}/go`);
    const direct = await sums(upstream.href);
    assert.ok(direct.split("\n").length > POPULAR.length, direct);
    assert.equal(through, direct);
  });
});

function certificates(): Record<string, string> {
  const file = process.env["SSL_CERT_FILE"];
  return file === undefined ? {} : { SSL_CERT_FILE: file };
}
