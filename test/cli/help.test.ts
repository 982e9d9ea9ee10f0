import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import packageJson from "../../package.json" with { type: "json" };
import { cordon, cordonWith } from "../support/cli.ts";

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

describe("cordon", () => {
  it("takes -h and -v", async () => {
    const [help, version, topic] = await Promise.all([cordon("-h"), cordon("-v"), cordon("policy", "lint", "-h")]);
    assert.match(help.stdout, /^A package firewall .*\nUSAGE\n/s);
    assert.match(version.stdout, /^cordon\/\d/);
    assert.match(topic.stdout, /^Check a policy repository\.\n/);
  });

  const isDeno = "deno" in process.versions;
  const reason = isDeno ? "Deno's own version of Node says nothing of Deno" : false;
  it("says which Node it needs on one that is older than package.json allows", { skip: reason }, async () => {
    const needed = packageJson.engines.node.replace(">=", "");
    const [major = 0, minor = 0] = needed.split(".").map(Number);
    const on = (node: string) => {
      const source = `Object.defineProperty(process,"versions",{value:{...process.versions,node:"${node}"}})`;
      return cordonWith({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` }, "--version");
    };
    for (const old of [`${major}.${minor - 1}.9`, `${major - 1}.99.0`]) {
      const { code, stderr } = await on(old);
      assert.match(stderr, new RegExp(`^Error: Cordon runs on Node ${needed} or later, and this is Node ${old}\n`));
      assert.equal(code, 2);
    }
    for (const enough of [`${needed}.0`, `${major + 2}.0.0`]) assert.equal((await on(enough)).code, 0);
  });
});
