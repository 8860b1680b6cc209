// Lints the Odoo addon with pylint-odoo, in a Python of its own outside the clone (test/odoo-clients/python-env.mjs).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pythonWithClients } from "../test/odoo-clients/python-env.mjs";
import { root } from "./build.mjs";

const PINS = ["pylint-odoo==10.0.9"];

let python;
try {
  python = pythonWithClients(PINS);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { status } = spawnSync(
  python,
  [
    "-m",
    "pylint",
    "--rcfile=.pylintrc",
    // README.rst is made of the fragments in readme/ where the addon is published.
    "--disable=missing-readme",
    "vworkspace",
  ],
  { cwd: join(root, "addons"), stdio: "inherit" },
);
process.exit(status ?? 1);
