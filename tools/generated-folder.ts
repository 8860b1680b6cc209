import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** How every generated file begins. */
const GENERATED = "# Generated from ";

/** Text by the name of its file. */
type Files = ReadonlyMap<string, string>;

/**
 * Writes a folder below deploy, below the working directory. With --check it writes nothing and ends with status 1 when a
 * file there is not what would be written.
 */
export function generatedFolder(
  name: string,
  texts: Files,
  source = "libs/resources",
): void {
  const folder = join("deploy", name);
  const header = `${GENERATED}${source} by \`npm run generate\`; edit there.\n`;
  const want = new Map(
    [...texts].map(([file, text]) => [file, header + text] as const),
  );
  if (process.argv.includes("--check")) check(folder, want, source);
  else write(folder, want);
}

/** The files that this program wrote; others in the folder are not its business. */
function present(folder: string): Files {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    files
      .map((file) => [file, readFileSync(join(folder, file), "utf8")] as const)
      .filter(([, text]) => text.startsWith(GENERATED)),
  );
}

function check(folder: string, want: Files, source: string): void {
  const have = present(folder);
  const stale = [...new Set([...want.keys(), ...have.keys()])].filter(
    (file) => want.get(file) !== have.get(file),
  );
  for (const file of stale)
    console.error(
      `${join(folder, file)} is not what ${source} says: run npm run generate and commit the result.`,
    );
  if (stale.length > 0) process.exitCode = 1;
}

function write(folder: string, want: Files): void {
  const have = present(folder);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of want) {
    if (have.get(file) === text) continue;
    writeFileSync(join(folder, file), text);
    console.log(`Wrote ${join(folder, file)}.`);
  }
  for (const file of have.keys()) {
    if (want.has(file)) continue;
    rmSync(join(folder, file));
    console.log(`Removed ${join(folder, file)}.`);
  }
}
