import { join, relative } from "node:path";
import { visible } from "../core/words.ts";

/** Where a file of the repository in `dir` lies for whoever reads annotations: from the folder that the command runs in. */
export function annotatedPath(dir: string, file: string): string {
  return relative(".", join(dir, file)).replaceAll("\\", "/");
}

/** A workflow command of GitHub Actions: what ends or divides one is escaped, and what nobody would see is named. */
export function annotation(
  level: "error" | "warning" | "notice",
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const encode = (text: string) => visible(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const list = Object.entries(properties).map(
    ([key, value]) => `${key}=${encode(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
  );
  return `::${level} ${list.join(",")}::${encode(message)}`;
}
