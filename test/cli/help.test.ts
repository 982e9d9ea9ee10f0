import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { cordon } from "../support/cli.ts";

const COMMANDS = fileURLToPath(new URL("../../cli/commands/", import.meta.url));
const IDS = globSync("**/*.ts", { cwd: COMMANDS })
  .map((path) => path.replaceAll("\\", "/").replace(/\.ts$/, "").split("/"))
  .sort();

describe("--help of every command", () => {
  it("has a usage line without empty alternatives", async () => {
    const helps = await Promise.all(IDS.map((id) => cordon(...id, "--help")));
    for (const [index, { code, stdout }] of helps.entries()) {
      const usage = /^USAGE\n(.*?)\n\n/ms.exec(stdout)?.[1]?.replace(/\s+/g, " ") ?? "";
      assert.match(usage, /\$ cordon /, IDS[index]?.join(" "));
      assert.doesNotMatch(usage, /\| *\]|\[ *\||<value> \]/, IDS[index]?.join(" "));
      assert.equal(code, 0);
    }
  });
});
