import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../cli/bin/run.ts", import.meta.url));
const LIBRARY = fileURLToPath(import.meta.resolve("@oclif/core"));
/** A number that no system gives to anybody. */
const NOBODY = 3_456_789;

const skip =
  process.getuid?.() !== 0
    ? "only root can run a program as somebody else"
    : !canRead(ENTRY, LIBRARY, process.execPath) && "the checkout is not for others to read";

/** Asked beforehand: that something may not be read or written is what the test is to find. */
function canRead(...files: readonly string[]): boolean {
  const script = 'for file; do cat -- "$file" > /dev/null || exit 1; done';
  return spawnSync("/bin/sh", ["-c", script, "sh", ...files], { cwd: "/", uid: NOBODY, gid: NOBODY }).status === 0;
}

describe("cordon, run by a user whom the system does not know, as in containers", { skip }, () => {
  it("starts", async () => {
    const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
    const child = spawn(process.execPath, [...runtime, ENTRY, "--version"], {
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", DENO_DIR: "/nowhere", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      uid: NOBODY,
      gid: NOBODY,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const [code] = await once(child, "close");
    assert.match(output, /^cordon\//);
    assert.equal(code, 0);
  });
});
