import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Config } from "@oclif/core";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { commands } = await Config.load({ root, ignoreManifest: true });
const OWN = commands.filter(({ pluginName }) => pluginName === "cordon");

describe("the flags of all commands", () => {
  it("say what they need beside them in the one way that the reference reads", () => {
    assert.ok(OWN.length > 20);
    for (const { id, flags } of OWN)
      for (const flag of Object.values(flags))
        for (const other of ["dependsOn", "exclusive", "combinable", "exactlyOne", "atLeastOne"] as const)
          assert.equal(flag[other], undefined, `${id} --${flag.name}: ${other}; see cli/flag-relations.ts`);
  });

  it("and arguments name a default as oclif does, once, behind everything else", () => {
    for (const { id, flags, args } of OWN)
      for (const { name, description = "", default: fixed } of [...Object.values(flags), ...Object.values(args)]) {
        const others = description.replace(/ \[default: [^[\]]+\]$/, "");
        const about = `${id} ${name}: ${description}`;
        assert.doesNotMatch(others, /\bdefault\b|left out/i, about);
        if (fixed !== undefined && fixed !== false) assert.equal(others, description, about);
      }
  });
});
