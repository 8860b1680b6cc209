import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The directory of package.json: the same from the source tree and from dist/. */
export function repositoryRoot(from = __dirname): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from)
    throw new Error("No package.json above this file: run it in the checkout.");
  return repositoryRoot(parent);
}
