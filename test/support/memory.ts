import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that can be reached now, in the heap and outside of it: what waits to be collected is not among them. */
export function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What work comes to, and the most bytes that it held more than before, looked at again and again while it waits. */
export async function measureHeld<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly most: number }> {
  const before = heldBytes();
  let [most, isOver] = [0, false];
  const working = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await setTimeout(20);
    most = Math.max(most, heldBytes() - before);
  }
  return { result: await working, most };
}
