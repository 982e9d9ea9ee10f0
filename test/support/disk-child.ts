/**
 * A lifecycle on a disk of 256 KiB that fills up and is made read-only: `MOUNT KEY_FILE PUBLIC_KEY_FILE`, in a mount
 * namespace of its own. Prints what was in force after each step, as one JSON object.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeLifecycle, makeSource, revisionInForce } from "./switching.ts";

const [mount = "", keyFile = "", publicKeyFile = ""] = process.argv.slice(2);
const privateKey = readFileSync(keyFile, "utf8");
const options = { state: join(mount, "state"), publicKey: readFileSync(publicKeyFile, "utf8") };
const remount = (flags: string) => execFileSync("mount", ["-o", `remount,${flags}`, mount]);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", mount]);

const [small, large] = [makeSource(10), makeSource(200_000)];
const steps: Record<string, object> = {};

async function step(name: string, lifecycle: ReturnType<typeof makeLifecycle>): Promise<void> {
  const { state, stored, lastPoll } = lifecycle.status();
  steps[name] = { revision: revisionInForce(lifecycle), state, stored, error: lastPoll?.error?.message ?? null };
}

async function restart(source = makeSource()): Promise<ReturnType<typeof makeLifecycle>> {
  const lifecycle = makeLifecycle(source, options);
  await lifecycle.start();
  lifecycle.stop();
  return lifecycle;
}

await small.offer(privateKey, 1);
await step("fits", await restart(small));
await large.offer(privateKey, 2);
const lifecycle = await restart(large);
await step("full", lifecycle);
await lifecycle.poll();
await step("still full", lifecycle);
await step("restarted while full", await restart());
remount("size=64m");
await lifecycle.poll();
await step("room again", lifecycle);
steps["blobs read"] = { count: large.read.length, distinct: new Set(large.read).size };
await step("restarted with room", await restart());
remount("ro");
await small.offer(privateKey, 3);
const readOnly = await restart(small);
await step("read-only", readOnly);
await step("restarted read-only", await restart());
remount("rw");
await readOnly.poll();
await step("writable again", readOnly);
await step("restarted at last", await restart());
console.log(JSON.stringify(steps));
process.exit();
