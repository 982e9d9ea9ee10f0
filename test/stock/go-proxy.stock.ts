/**
 * The go command, through the proxy, from the module proxy and checksum database that it tests itself with: what upstreams
 * send is not of our making there. `GO_OWN_PROXY` names the program (test/stock/build-go-proxy.sh).
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freePort } from "../support/free-port.ts";
import { type GoProject, makeGoProject } from "../support/go-client.ts";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const program = process.env["GO_OWN_PROXY"] ?? "";
/** Of its checksum database (cmd/go/proxy_test.go); the key is no secret. */
const SUMDB = "localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6";

describe("go, from its own module proxy", { skip: program === "" && "GO_OWN_PROXY names no program" }, () => {
  let upstream: URL;
  let server: ChildProcess;
  let folder: BundleFolder;
  let proxy: TestProxy;
  const projects: GoProject[] = [];

  before(async () => {
    const port = await freePort();
    const root = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
    server = spawn(program, [`-proxy=127.0.0.1:${port}`], { cwd: join(root, "src/cmd/go"), stdio: "ignore" });
    upstream = new URL(`http://127.0.0.1:${port}/mod`);
    await answers(new URL("/mod/rsc.io/quote/@v/list", upstream));
    folder = makeBundleFolder();
    const records = [malwareRecord("rsc.io/quote", ["1.5.2"], "MAL-2026-1", "Go")];
    await folder.sign({ source: { policies: [MALWARE_POLICY] }, records });
    proxy = await startTestProxy(folder, { url: upstream }, { upstreams: new Map([["golang", upstream]]) });
  });
  after(async () => {
    await proxy.close();
    server.kill();
    folder.remove();
    for (const project of projects) project.remove();
  });

  function project(goproxy = `${proxy.publicUrl}/go`): GoProject {
    const made = makeGoProject(goproxy, { environment: { GOSUMDB: SUMDB } });
    projects.push(made);
    return made;
  }

  it("gets the same versions and checksums as without it, held against the checksum database", async () => {
    for (const spec of [
      "rsc.io/quote@v1.5.1",
      "rsc.io/quote/v3",
      "rsc.io/breaker/v2",
      "example.com/notags",
      "rsc.io/Quote" /* case */,
    ]) {
      const [through, direct] = [project(), project(upstream.href)];
      const [one, other] = await Promise.all([through.get(spec), direct.get(spec)]);
      assert.equal(one.code, other.code, `${spec}: ${one.output} / ${other.output}`);
      const lists = await Promise.all([through, direct].map((made) => made.run("list", "-m", "all")));
      assert.equal(lists[0]?.output, lists[1]?.output, spec);
    }
  });

  it("passes by the denied version, and is refused it by name", async () => {
    const made = project();
    assert.equal((await made.get("rsc.io/quote")).code, 0);
    assert.equal(made.required("rsc.io/quote"), "v1.5.1");
    const { code, output } = await made.get("rsc.io/quote@v1.5.2");
    assert.notEqual(code, 0);
    assert.match(output, /blocked pkg:golang\/rsc\.io\/quote@v1\.5\.2/);
  });
});

async function answers(url: URL): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer`);
}
