import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareUrl, type ForgeRepository, forgeRepository, lineUrl, newFileUrl } from "../../core/forge.ts";
import type { ForgeSettings } from "../../schemas/types/cordon.ts";

describe("forgeRepository()", () => {
  const KNOWN: readonly [repository: string, kind: string, url: string, settings?: ForgeSettings][] = [
    ["https://github.example/acme/policies", "github", "https://github.example/acme/policies"],
    ["https://github.example/acme/policies.git", "github", "https://github.example/acme/policies"],
    ["https://github.acme.example/acme/policies/", "github", "https://github.acme.example/acme/policies"],
    [
      "git@gitlab.acme.example:platform/security/policies.git",
      "gitlab",
      "https://gitlab.acme.example/platform/security/policies",
    ],
    ["ssh://git@forgejo.acme.example:2222/acme/policies.git", "gitea", "https://forgejo.acme.example/acme/policies"],
    ["https://git.acme.example/acme/policies", "gitea", "https://git.acme.example/acme/policies", { kind: "gitea" }],
    ["https://somebody:a-token@github.example/acme/policies?x=1#y", "github", "https://github.example/acme/policies"],
  ];
  for (const [repository, kind, url, settings] of KNOWN) {
    it(`takes ${repository} for ${kind}${settings ? ", as it is set" : ""}`, () => {
      const found = forgeRepository(repository, settings);
      assert.deepEqual(found, { kind, url, branch: "main" });
    });
  }

  for (const repository of [
    null,
    undefined,
    "",
    "../policies",
    "/srv/git/policies.git",
    "https://git.acme.example/x",
    "javascript:alert(1)//github.example",
    "file:///github.example/x",
  ])
    it(`knows no forge of ${repository}`, () => assert.equal(forgeRepository(repository), undefined));

  it("takes no address for one that is none, whatever its kind is said to be", () => {
    assert.equal(forgeRepository("javascript:alert(1)", { kind: "github" }), undefined);
  });
});

const on = (kind: ForgeRepository["kind"]): ForgeRepository => ({
  kind,
  url: "https://forge.example/acme/policies",
  branch: "release/1",
});
const COMMIT = "a".repeat(40);

describe("addresses on a forge", () => {
  const file = { path: "approvals/npm/@acme__ui@1.0.0.yaml", text: 'a: b+c & d\nreason: "é?"\n' };
  const value = "a%3A%20b%2Bc%20%26%20d%0Areason%3A%20%22%C3%A9%3F%22%0A";
  const CASES = {
    github: {
      line: `https://forge.example/acme/policies/blob/${COMMIT}/policies/a%20b.yaml#L12`,
      compare: "https://forge.example/acme/policies/compare/release/1...quarantine/npm-x-1?expand=1",
      file: `https://forge.example/acme/policies/new/release/1?filename=approvals%2Fnpm%2F%40acme__ui%401.0.0.yaml&value=${value}`,
    },
    gitea: {
      line: `https://forge.example/acme/policies/src/commit/${COMMIT}/policies/a%20b.yaml#L12`,
      compare: "https://forge.example/acme/policies/compare/release/1...quarantine/npm-x-1",
      file: `https://forge.example/acme/policies/_new/release/1?filename=approvals%2Fnpm%2F%40acme__ui%401.0.0.yaml&value=${value}`,
    },
    gitlab: {
      line: `https://forge.example/acme/policies/-/blob/${COMMIT}/policies/a%20b.yaml#L12`,
      compare:
        "https://forge.example/acme/policies/-/merge_requests/new?merge_request%5Bsource_branch%5D=quarantine%2Fnpm-x-1&merge_request%5Btarget_branch%5D=release%2F1",
      file: "https://forge.example/acme/policies/-/new/release/1?file_name=approvals%2Fnpm%2F%40acme__ui%401.0.0.yaml",
    },
  } as const;
  for (const kind of ["github", "gitea", "gitlab"] as const) {
    it(`are those of ${kind}`, () => {
      const forge = on(kind);
      assert.equal(lineUrl(forge, COMMIT, "policies/a b.yaml", 12), CASES[kind].line);
      assert.equal(compareUrl(forge, "quarantine/npm-x-1"), CASES[kind].compare);
      assert.equal(newFileUrl(forge, file), CASES[kind].file);
    });
  }

  it("are not given where they would be too long to be followed", () => {
    assert.equal(newFileUrl(on("github"), { ...file, text: "x".repeat(7000) }), undefined);
    assert.ok(newFileUrl(on("gitlab"), { ...file, text: "x".repeat(7000) }));
  });

  it("stay on the repository's own page, whatever stands in a path", () => {
    const hostile = { path: "approvals/npm/../../../../evil?x#y.yaml", text: "" };
    for (const kind of ["github", "gitea", "gitlab"] as const) {
      const made = newFileUrl(on(kind), hostile) ?? "";
      assert.ok(new URL(made).pathname.startsWith("/acme/policies/"), made);
      assert.equal(new URL(made).hash, "");
    }
  });
});
