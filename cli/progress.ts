/** A line that tells how far long work is; on a terminal only, and gone when the work is done. */
import { paint } from "./print.ts";

const WIDTH = 24;
const EVERY_MS = 100;

export interface ProgressLine {
  /** What is done, how much, and of how much where that is known. */
  update(stage: string, done: number, total?: number): void;
  clear(): void;
}

export function progressLine(name: string, quiet: boolean, stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  let shownAt = 0;
  const isShown = stream.isTTY === true && !quiet;
  const clear = () => {
    if (isShown && shownAt > 0) stream.write("\r\u001b[2K");
  };
  return {
    update(stage, done, total) {
      if (!isShown || performance.now() - shownAt < EVERY_MS) return;
      shownAt = performance.now();
      stream.write(
        `\r\u001b[2K${name}  ${bar(done, total)}${stage} ${figure(stage, done)}${total ? ` of ${figure(stage, total)}` : ""}`,
      );
    },
    clear,
  };
}

function bar(done: number, total: number | undefined): string {
  if (!total) return "";
  const full = Math.round(WIDTH * Math.min(1, done / total));
  return `${paint("green", "█".repeat(full))}${"░".repeat(WIDTH - full)} ${Math.floor((100 * done) / total)} %  `;
}

function figure(stage: string, amount: number): string {
  return stage === "bytes" ? `${(amount / 1e6).toFixed(1)} MB` : amount.toLocaleString("en-US");
}
