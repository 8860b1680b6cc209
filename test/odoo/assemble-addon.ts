import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Puts the addon for Odoo 19 together. @returns the folder that Odoo loads addons from */
export function assembleAddon(folder: string): string {
  const addons = join(folder, "addons");
  const { status, stderr } = spawnSync(
    process.execPath,
    ["tools/assemble-addon.mjs", "19", addons],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return addons;
}
