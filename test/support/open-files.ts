/** Files that this process holds open, on Linux. */
import { readdirSync, readlinkSync } from "node:fs";

export function openFiles(folder: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}
