/** A publisher in a process of its own, which does what it is told on stdin: a JSON object a line. */
import { createInterface } from "node:readline";
import { directoryTarget } from "../../cli/publish/directory.ts";
import { publishBundle, readSignedBundle } from "../../cli/publish/publish.ts";
import { CordonError } from "../../core/errors.ts";

interface Order {
  /** The directory of the signed bundle. */
  readonly out: string;
  readonly to: string;
  /** When to begin, in milliseconds since 1970, so that several do it at once. */
  readonly at: number;
  /** Ends the process, as a crash does, once so many things were reported. */
  readonly dieAfter?: number;
}

async function publish({ out, to, at, dieAfter = Number.POSITIVE_INFINITY }: Order): Promise<string> {
  const bundle = readSignedBundle(out);
  let reports = 0;
  while (Date.now() < at);
  try {
    const { outcome } = await publishBundle(bundle, directoryTarget(to), () => {
      reports += 1;
      if (reports >= dieAfter) process.kill(process.pid, "SIGKILL");
      // The signal may take a moment, in which a process that is dead must do nothing.
      while (reports >= dieAfter);
    });
    return outcome;
  } catch (error) {
    return error instanceof CordonError ? error.code : String(error);
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${await publish(JSON.parse(line))}\n`);
