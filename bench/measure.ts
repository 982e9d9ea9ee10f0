/** Medians: a single run may meet other work on the machine. */

/** The upper of the two in the middle where they are an even number. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Of what some runs, one after another, are measured to take. */
export async function medianOf(runs: number, measure: (run: number) => Promise<number> | number): Promise<number> {
  const measured: number[] = [];
  for (let run = 0; run < runs; run++) measured.push(await measure(run));
  return median(measured);
}
