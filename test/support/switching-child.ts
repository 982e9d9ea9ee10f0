/**
 * A process that switches from bundle to bundle until it is ended: `STATE KEY_FILE PUBLIC_KEY_FILE`. Prints the revision
 * of each switch that is over.
 */
import { readFileSync, writeSync } from "node:fs";
import { makeLifecycle, makeSource } from "./switching.ts";

const [state = "", keyFile = "", publicKeyFile = ""] = process.argv.slice(2);
const privateKey = readFileSync(keyFile, "utf8");
const source = makeSource();
const lifecycle = makeLifecycle(source, { state, publicKey: readFileSync(publicKeyFile, "utf8") });
await lifecycle.start();
for (let revision = (lifecycle.status().revision ?? 0) + 1; ; revision++) {
  await source.offer(privateKey, revision);
  await lifecycle.poll();
  if (!lifecycle.status().stored) throw new Error(JSON.stringify(lifecycle.status()));
  writeSync(1, `${revision}\n`);
}
