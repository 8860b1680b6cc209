import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Keeps what a spec file's agents asked of the API server in the directory that VWORKSPACE_TEST_PERMISSIONS names, for the
 * check at the end of all files (tools/check-permissions.ts); nowhere where it isn't set.
 */
export function keepPermissionUses(uses: readonly object[]): void {
  const directory = process.env["VWORKSPACE_TEST_PERMISSIONS"];
  if (!directory) return;
  writeFileSync(join(directory, `${randomUUID()}.json`), JSON.stringify(uses));
}
