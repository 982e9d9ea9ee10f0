import assert from "node:assert/strict";
import { cpSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readTrust } from "../../core/bundle/trust.ts";
import { requireConfig } from "../../core/config.ts";
import { ECOSYSTEMS } from "../../core/ecosystems/index.ts";
import { schemaCheck } from "../../core/schema.ts";
import decisionSchema from "../../schemas/decision.schema.json" with { type: "json" };
import factsSchema from "../../schemas/facts.schema.json" with { type: "json" };
import { cordon } from "../support/cli.ts";
import { makeFolder } from "../support/folder.ts";
import { entry, line } from "../support/index-entry.ts";
import { packumentBytes } from "../support/packument.ts";
import { jsonFile, jsonPage, PAGE_URL } from "../support/simple-pages.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLE = "docs/reference/example";
const AT = "2026-11-22T12:00:00Z";

describe("docs/reference", () => {
  it("COMMANDS.md has every command, with a usage, an example, and what exit code 1 is where it may report findings", () => {
    const text = readFileSync(join(ROOT, "docs/reference/COMMANDS.md"), "utf8");
    const sections = new Map(text.split(/^## /m).map((part) => [part.split("\n", 1)[0], part]));
    const sources = globSync("cli/commands/**/*.ts", { cwd: ROOT }).map((path) => path.replaceAll("\\", "/"));
    assert.ok(sources.length > 20);
    for (const source of sources) {
      const name = `cordon ${source.slice("cli/commands/".length, -".ts".length).replaceAll("/", " ")}`;
      const section = sections.get(name) ?? "";
      assert.ok(section.includes(`\`\`\`text\n${name}`), name);
      assert.ok(section.includes(`\`\`\`sh\n${name}`), name);
      if (readFileSync(join(ROOT, source), "utf8").includes("reportFindings"))
        assert.match(section, /[Ee]xits? (with|code is) 1/, name);
    }
  });
});

describe("the examples of docs/reference/FILES.md", () => {
  it("are a policy repository without errors, whose tests pass", async () => {
    const lint = await cordon("policy", "lint", EXAMPLE, "--json");
    assert.equal(lint.code, 0, lint.stdout);
    const test = await cordon("policy", "test", EXAMPLE, "--at", AT);
    assert.match(test.stdout, /3 passed, 0 failed/);
    assert.equal(test.code, 0);
  });

  it("have the decision that their policy makes", async () => {
    const folder = makeFolder();
    try {
      // Without the feeds: this decision needs none, and they cannot be pulled.
      cpSync(join(ROOT, EXAMPLE, "policies"), join(folder.path, "policies"), { recursive: true });
      cpSync(join(ROOT, EXAMPLE, "lists"), join(folder.path, "lists"), { recursive: true });
      const facts = folder.write("facts.yaml", "release: { published: 2026-11-20T12:00:00Z }\n");
      const args = ["--dir", folder.path, "--facts", facts, "--at", AT, "--json"];
      const { stdout } = await cordon("policy", "explain", "pkg:npm/fresh@1.2.0", ...args);
      const decision: unknown = JSON.parse(readFileSync(join(ROOT, EXAMPLE, "decision.json"), "utf8"));
      assert.deepEqual(JSON.parse(stdout).decision, decision);
      assert.deepEqual(schemaCheck(decisionSchema)(decision), []);
    } finally {
      folder.remove();
    }
  });

  it("have a file that a proxy takes, and a trust policy", () => {
    const path = join(ROOT, EXAMPLE, "proxy.yaml");
    assert.equal(requireConfig({ path, text: readFileSync(path, "utf8") }).proxy?.trust, "trust.yaml");
    assert.equal(readTrust(join(ROOT, EXAMPLE, "trust.yaml")).identities.length, 1);
  });
});

/** A document of each ecosystem that says much. */
const DOCUMENTS = {
  npm: ["@acme/ui", packumentBytes({ name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] })],
  pypi: ["foo", jsonPage([jsonFile("foo-1.0.tar.gz", { "upload-time": AT, yanked: "old", "requires-python": ">=3" })])],
  cargo: ["some", entry([line({ rust_version: "1.70", pubtime: AT })])],
  golang: ["git.acme.example/lib", Buffer.from("v1.0.0\nv1.1.0\n")],
} as const;

describe("`x-ecosystems` of the facts", () => {
  const only = (root: "pkg" | "release", name: string): readonly string[] | undefined =>
    (factsSchema.properties[root].properties as Record<string, { "x-ecosystems"?: readonly string[] }>)[name]?.[
      "x-ecosystems"
    ];

  for (const ecosystem of ECOSYSTEMS.values()) {
    it(`names ${ecosystem.type} for what its listings tell`, () => {
      const [name, bytes] = DOCUMENTS[ecosystem.type];
      const { pkg, releases } = ecosystem.parseListing(name, bytes, PAGE_URL);
      assert.ok(releases.size > 0);
      for (const key of Object.keys(pkg)) assert.ok(only("pkg", key)?.includes(ecosystem.type) ?? true, key);
      for (const { facts } of releases.values())
        for (const key of Object.keys(facts)) assert.ok(only("release", key)?.includes(ecosystem.type) ?? true, key);
    });
  }
});
