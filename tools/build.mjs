// Compiles apps, libs, migrations, test and tools to dist/. A second or two; prints only what went wrong.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @returns whether everything compiled */
export function build() {
  const nest = join(root, "node_modules", "@nestjs", "cli", "bin", "nest.js");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [nest, "build", "gateway"],
    { cwd: root, encoding: "utf8" },
  );
  const output = `${stdout}${stderr}`;
  const isFine = status === 0 && !output.includes("Failed to compile");
  if (!isFine) console.error(output);
  return isFine;
}
