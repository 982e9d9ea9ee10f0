/** Markdown of the reference, as GitHub reads it: tables of pipes, and no HTML. */

/** Text as it reads, with what stands between backticks left as code. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replace(/[*[\]]/g, "\\$&")))
    .join("");
}

/** Cells are Markdown; a pipe in them ends nothing. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|")).join(" | ")} |`.replace(
      / {2,}/g,
      " ",
    );
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** Without the columns, but for the first two, in which no row has anything. */
export function tableOfUsed(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isUsed = (_: string, column: number) => column < 2 || rows.some((row) => (row[column] ?? "") !== "");
  return table(
    head.filter(isUsed),
    rows.map((row) => row.filter(isUsed)),
  );
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function codes(texts: readonly string[]): string {
  return texts.map(code).join(", ");
}

export function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

/** How GitHub names a heading in links. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
