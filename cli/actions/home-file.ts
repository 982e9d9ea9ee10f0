/** Lines of ours in a settings file that is somebody else's: between two marks, by which they are found again. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { readText, writeWhole } from "../../core/source/files.ts";

const BEGIN = "# cordon: begin";
const END = "# cordon: end";
/** Settings may hold tokens of others. */
const MODE = 0o600;

/** Puts the lines at the end, in the place of those that stood there before. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function writeSection(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true });
  writeWhole(path, withSection(readOthers(path), lines), MODE);
}

/** The text that writeSection() would write. */
export function withSection(others: string, lines: readonly string[]): string {
  const before = others === "" || others.endsWith("\n") ? others : `${others}\n`;
  return `${before}${[BEGIN, ...lines, END, ""].join("\n")}`;
}

/** Takes our lines out, and with them a file that has no others. */
export function removeSection(path: string): void {
  if (!existsSync(path)) return;
  const [text, others] = [readText(path), readOthers(path)];
  if (others === text) return;
  if (others.trim() === "") rmSync(path);
  else writeWhole(path, others, MODE);
}

/** What is not ours; empty where there is no such file. A section without an end is one that somebody cut: it is left. */
export function readOthers(path: string): string {
  if (!existsSync(path)) return "";
  return readText(path).replace(new RegExp(`^${BEGIN}\n(?:(?!${BEGIN}$).*\n)*?${END}(?:\n|$)`, "gm"), "");
}
