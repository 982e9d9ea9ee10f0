import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { makeFolder } from "../support/folder.ts";

const CHILD = fileURLToPath(new URL("../support/disk-child.ts", import.meta.url));
const LOG_CHILD = fileURLToPath(new URL("../support/full-disk-child.ts", import.meta.url));
const RUNTIME = "deno" in process.versions ? ["run", "-A", "--no-check", "--quiet"] : [];
/** Whether this user may mount, in a namespace that nobody else sees. */
const MAY_MOUNT =
  spawnSync("unshare", ["--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe("a state directory on a disk that fills up, and one that cannot be written", () => {
  it("keeps nobody from a newer policy, is told in the status, and is made good when it can be", {
    skip: !MAY_MOUNT && "no mount namespace can be made here",
    timeout: 120_000,
  }, () => {
    const { privateKey, publicKey } = generateKeyPair();
    const folder = makeFolder({ key: privateKey, "key.pub": publicKey });
    const mount = join(folder.path, "disk");
    mkdirSync(mount);
    const command = [
      process.execPath,
      ...RUNTIME,
      CHILD,
      mount,
      join(folder.path, "key"),
      join(folder.path, "key.pub"),
    ];
    const run = spawnSync("unshare", ["--mount", "--map-root-user", ...command], { encoding: "utf8" });
    folder.remove();
    assert.equal(run.status, 0, run.stderr);
    const steps = JSON.parse(run.stdout) as Record<string, Record<string, unknown>>;
    const full = /ENOSPC|no space left/i;
    const readOnly = /EROFS|read-only/i;
    const expected: readonly [step: string, revision: number, stored: boolean, error: RegExp | null][] = [
      ["fits", 1, true, null],
      ["full", 2, false, full],
      ["still full", 2, false, full],
      ["restarted while full", 1, true, /the source is away/],
      ["room again", 2, true, null],
      ["restarted with room", 2, true, /the source is away/],
      ["read-only", 3, false, readOnly],
      ["restarted read-only", 2, true, /the source is away/],
      ["writable again", 3, true, null],
      ["restarted at last", 3, true, /the source is away/],
    ];
    for (const [step, revision, stored, error] of expected) {
      assert.equal(steps[step]?.["revision"], revision, step);
      assert.equal(steps[step]?.["stored"], stored, step);
      assert.equal(steps[step]?.["state"], error ? "degraded" : "ok", step);
      if (error) assert.match(String(steps[step]?.["error"]), error, step);
    }
    // What could not be stored was kept, and not fetched again at every poll.
    assert.equal(steps["blobs read"]?.["count"], steps["blobs read"]?.["distinct"]);
  });
});

describe("a decision log on a disk that fills up", () => {
  it("has each line once when there is room again, also the one that was half written", {
    skip: !MAY_MOUNT && "no mount namespace can be made here",
    timeout: 60_000,
  }, () => {
    const folder = makeFolder();
    const command = [process.execPath, ...RUNTIME, LOG_CHILD, folder.path];
    const run = spawnSync("unshare", ["--mount", "--map-root-user", ...command], { encoding: "utf8" });
    folder.remove();
    assert.equal(run.status, 0, run.stderr);
    const { full, after } = JSON.parse(run.stdout);
    assert.match(full.failure, /ENOSPC|no space left/i);
    assert.deepEqual([full.bytes, full.isTorn], [64 * 1024, true], "the disk ends in a line");
    assert.equal(after.failure, null);
    assert.deepEqual([after.numbers, after.isTorn], [Array.from({ length: 500 }, (_, index) => index + 1), false]);
  });
});
