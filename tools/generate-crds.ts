import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { customResourceDefinitions } from "@vworkspace/resources";
import { stringify } from "yaml";

/**
 * Writes deploy/crds from libs/resources, below the working directory. With --check it writes nothing and ends with status 1
 * when a file there is not what would be written.
 */
const FOLDER = join("deploy", "crds");
const HEADER =
  "# Generated from libs/resources by `npm run generate`; edit there.\n";

function generated(): ReadonlyMap<string, string> {
  return new Map(
    customResourceDefinitions().map(({ file, manifest }) => [
      file,
      HEADER +
        stringify(manifest, { lineWidth: 100, aliasDuplicateObjects: false }),
    ]),
  );
}

/** The files that this program wrote; others in the folder are not its business. */
function present(): ReadonlyMap<string, string> {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  return new Map(
    files
      .map((file) => [file, readFileSync(join(FOLDER, file), "utf8")] as const)
      .filter(([, text]) => text.startsWith(HEADER)),
  );
}

function check(): void {
  const [want, have] = [generated(), present()];
  const stale = [...new Set([...want.keys(), ...have.keys()])].filter(
    (file) => want.get(file) !== have.get(file),
  );
  for (const file of stale)
    console.error(
      `${join(FOLDER, file)} is not what libs/resources says: run npm run generate and commit the result.`,
    );
  if (stale.length > 0) process.exitCode = 1;
}

function write(): void {
  const [want, have] = [generated(), present()];
  mkdirSync(FOLDER, { recursive: true });
  for (const [file, text] of want) {
    if (have.get(file) === text) continue;
    writeFileSync(join(FOLDER, file), text);
    console.log(`Wrote ${join(FOLDER, file)}.`);
  }
  for (const file of have.keys()) {
    if (want.has(file)) continue;
    rmSync(join(FOLDER, file));
    console.log(`Removed ${join(FOLDER, file)}.`);
  }
}

if (process.argv.includes("--check")) check();
else write();
