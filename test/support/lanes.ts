/** How many clients run at a time: each keeps a core busy. */
export const LANES = 2;

/** How long one may take before it is ended: go compiles its runtime, and pip builds what comes as sources. */
export const CLIENT_MS = 300_000;

export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
