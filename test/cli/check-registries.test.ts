import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Decision } from "../../schemas/types/decision.ts";
import { cordonWith } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { packument, tarball } from "../support/packument.ts";
import { policyFile } from "../support/policies.ts";
import { makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const TOKEN = "the-registry's-token";
const DIFFERS = policyFile(
  "manifest-confusion",
  `  rules: [{ name: differs, condition: "release.file.differences.size() > 0", verdict: block, message: It differs. }]`,
);
const NAMESAKE = policyFile(
  "namesake",
  `  rules: [{ name: n, condition: "pkg.private && pkg.alsoPublic", verdict: quarantine, message: There are two. }]`,
);

describe("cordon check, where rules read more than listings", () => {
  let open: FixtureRegistry;
  let own: FixtureRegistry;
  let folder: Folder;

  before(async () => {
    const confusing = { version: "1.1.0", dependencies: { evil: "*" }, manifest: { dependencies: {} } };
    open = await startRegistry([
      { name: "confusing", releases: [{ version: "1.0.0" }, confusing] },
      { name: "@acme/taken", releases: [{ version: "99.0.0" }] },
    ]);
    own = await startRegistry();
    for (const name of ["@acme/ui", "@acme/taken"]) {
      const pkg = { name, releases: [{ version: "1.0.0" }] };
      const answer = (path: string, body: () => string | Uint8Array) =>
        own.answer(path, (request, response) =>
          request.headers.authorization === `Bearer ${TOKEN}`
            ? response.end(body())
            : response.writeHead(401).end("{}"),
        );
      answer(`/${name}`, () => JSON.stringify(packument(pkg, own.url.origin)));
      answer(`/${name}/-/${name.slice(6)}-1.0.0.tgz`, () => tarball(name, { version: "1.0.0" }));
    }
    folder = makeFolder({
      [DIFFERS.path]: DIFFERS.text,
      [NAMESAKE.path]: NAMESAKE.text,
      "cordon.yaml": JSON.stringify({
        apiVersion: "cordon/v1",
        kind: "Cordon",
        upstreams: { npm: open.url.href },
        proxy: {
          private: [{ ecosystem: "npm", packages: ["@acme/*"], registry: own.url.href, tokenVariable: "ACME_TOKEN" }],
        },
      }),
    });
  });

  after(async () => {
    await open.close();
    await own.close();
    folder.remove();
  });

  const check = (environment: Record<string, string>, ...purls: string[]) =>
    cordonWith(environment, "check", "--dir", folder.path, "--json", ...purls);

  it("reads files, and asks private registries with their token and nobody else for their packages", async () => {
    const run = await check(
      { ACME_TOKEN: TOKEN },
      "pkg:npm/confusing@1.0.0",
      "pkg:npm/confusing@1.1.0",
      "pkg:npm/%40acme/ui@1.0.0",
      "pkg:npm/%40acme/taken@1.0.0",
    );
    assert.equal(run.code, 1, run.stderr);
    const { decisions } = run.json() as { decisions: Decision[] };
    assert.deepEqual(
      decisions.map(({ purl, decision, policy, skipped }) => [purl, decision, policy, skipped]),
      [
        ["pkg:npm/confusing@1.0.0", "allow", null, []],
        ["pkg:npm/confusing@1.1.0", "block", "manifest-confusion", []],
        ["pkg:npm/%40acme/ui@1.0.0", "allow", null, []],
        ["pkg:npm/%40acme/taken@1.0.0", "quarantine", "namesake", []],
      ],
    );
    assert.ok(!run.stdout.includes(TOKEN) && !run.stderr.includes(TOKEN));
    assert.ok(!open.requests.some((path) => path.includes("99.0.0")));
  });

  it("says which token is missing", async () => {
    const run = await check({}, "pkg:npm/%40acme/ui@1.0.0");
    assert.equal(run.code, 2);
    assert.match(run.stdout + run.stderr, /set ACME_TOKEN/);
  });

  it("asks the same registries where a bundle judges, by --config", async () => {
    const signed = makeBundleFolder();
    try {
      await signed.sign({ source: { policies: [DIFFERS, NAMESAKE] }, created: new Date() });
      const run = await cordonWith(
        { ACME_TOKEN: TOKEN },
        ...["check", "--bundle", `dir:${signed.bundle}`, "--trust", signed.trust, "--json"],
        ...["--config", `${folder.path}/cordon.yaml`, "pkg:npm/%40acme/ui@1.0.0", "pkg:npm/%40acme/taken@1.0.0"],
      );
      assert.equal(run.code, 1, run.stderr);
      const { decisions } = run.json() as { decisions: Decision[] };
      assert.deepEqual(
        decisions.map(({ decision, policy, unlisted }) => [decision, policy, unlisted]),
        [
          ["allow", null, undefined],
          ["quarantine", "namesake", undefined],
        ],
      );
    } finally {
      signed.remove();
    }
  });

  it("names what it could not judge offline, where no token is needed", async () => {
    const run = await cordonWith({}, "check", "--dir", folder.path, "--offline", "--json", "pkg:npm/confusing@1.1.0");
    const { decisions } = run.json() as { decisions: Decision[] };
    assert.deepEqual(decisions[0]?.skipped, ["manifest-confusion", "namesake"]);
  });

  it("is explained with the facts that were found", async () => {
    const run = await cordonWith(
      { ACME_TOKEN: TOKEN },
      "policy",
      "explain",
      "pkg:npm/confusing@1.1.0",
      "--dir",
      folder.path,
    );
    assert.match(run.stdout, /differences/);
    assert.match(run.stdout, /block/);
  });
});
