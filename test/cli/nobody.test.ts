import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../cli/bin/run.ts", import.meta.url));
/** A number that no system gives to anybody. */
const NOBODY = 3_456_789;

const skip = process.getuid?.() !== 0 && "only root can run a program as somebody else";

describe("cordon, run by a user whom the system does not know, as in containers", { skip }, () => {
  it("starts", async (t) => {
    accessSync(ENTRY, constants.R_OK);
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
    if (/permission denied|EACCES/i.test(output)) return t.skip(`the checkout is not for others to read: ${output}`);
    assert.match(output, /^cordon\//);
    assert.equal(code, 0);
  });
});
