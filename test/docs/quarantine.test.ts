import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import Approve from "../../cli/commands/quarantine/approve.ts";
import List from "../../cli/commands/quarantine/list.ts";
import Request from "../../cli/commands/quarantine/request.ts";
import Revoke from "../../cli/commands/quarantine/revoke.ts";
import { TOKENS } from "../../cli/forge/index.ts";
import { parseConfig } from "../../core/config.ts";
import { forgeRepository } from "../../core/forge.ts";

const DOCS = readFileSync(new URL("../../docs/QUARANTINE.md", import.meta.url), "utf8");
const COMMANDS = { request: Request, approve: Approve, list: List, revoke: Revoke };

describe("docs/QUARANTINE.md", () => {
  for (const [line, name = "", args = ""] of DOCS.matchAll(/^cordon quarantine (\w+) (.*)$/gm))
    it(`shows flags that exist: ${line}`, () => {
      const { flags } = COMMANDS[name as keyof typeof COMMANDS];
      const named = [...args.matchAll(/--([a-z-]+)/g)].map(([, flag]) => flag ?? "");
      assert.deepEqual(
        named.filter((flag) => !Object.hasOwn(flags, flag)),
        [],
      );
    });

  it("has a cordon.yaml that is one", () => {
    const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(DOCS) ?? [];
    const { config, diagnostics } = parseConfig({
      path: "cordon.yaml",
      text: `apiVersion: cordon/v1\nkind: Cordon\n${yaml}`,
    });
    assert.deepEqual(diagnostics, []);
    assert.equal(forgeRepository(config.repository, config.forge)?.kind, "gitea");
  });

  it("names every variable that may hold a token", () => {
    for (const variable of Object.values(TOKENS).flat()) assert.ok(DOCS.includes(`\`${variable}\``), variable);
  });
});
