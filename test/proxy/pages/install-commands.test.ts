import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { installCommands } from "../../../proxy/pages/install-commands.ts";

describe("installCommands()", () => {
  it("names the ecosystem's own client first", () => {
    const first = (type: "npm" | "pypi" | "cargo" | "golang", name: string, version: string) =>
      installCommands({ type, name, version })[0];
    assert.equal(first("npm", "@acme/ui", "1.2.3"), "npm install @acme/ui@1.2.3");
    assert.equal(first("pypi", "acme-ui", "1.2.3"), "pip install acme-ui==1.2.3");
    assert.equal(first("cargo", "acme_ui", "1.2.3"), "cargo add acme_ui@1.2.3");
    assert.equal(first("golang", "acme.example/ui", "v1.2.3"), "go get acme.example/ui@v1.2.3");
  });

  it("quotes what a shell would act on", () => {
    for (const name of ["it's", "a*b", "(x)", "~", "a!b"]) {
      const [command] = installCommands({ type: "npm", name, version: "1.0.0" });
      const seen = execFileSync("sh", ["-c", command.replace("npm install", "printf %s")], { encoding: "utf8" });
      assert.equal(seen, `${name}@1.0.0`);
    }
  });
});
