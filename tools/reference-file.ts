import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a generated file; with --check only compares, and ends with 1 and the command that mends it. */
export function reference(file: string, text: string): void {
  const isFresh = existsSync(file) && readFileSync(file, "utf8") === text;
  if (isFresh) return;
  if (process.argv.includes("--check")) {
    process.stderr.write(`${file} is stale: run \`npm run generate\`.\n`);
    process.exit(1);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A Markdown table. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join(
    "\n",
  );
}
