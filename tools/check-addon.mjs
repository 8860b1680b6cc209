// Lints the Odoo addon with pylint-odoo, in a Python of its own outside the clone (test/odoo-clients/python-env.mjs), and looks
// for texts that its translation template lacks (tools/addon-terms.py). An addon that hasn't changed since it passed passes at once.
//   --if-possible   where that Python can't be had: says so, and fails nothing
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pythonWithClients } from "../test/odoo-clients/python-env.mjs";
import { root } from "./build.mjs";

const PINS = [
  "pylint-odoo==10.0.9",
  "pylint==4.0.10",
  "pylint-plugin-utils==0.9.0",
  "astroid==4.0.4",
];
const PASSED = join(root, "node_modules/.cache/vworkspace/addon-passed");
const STEPS = [
  [
    ...["-m", "pylint", "--rcfile=.pylintrc"],
    // README.rst is made of the fragments in readme/ where the addon is published.
    "--disable=missing-readme",
    "vworkspace",
  ],
  ["../tools/addon-terms.py", "vworkspace"],
];

const digest = digestOf([
  "addons/.pylintrc",
  "tools/check-addon.mjs",
  "tools/addon-terms.py",
  ...readdirSync(join(root, "addons/vworkspace"), { recursive: true })
    .filter((name) => !name.includes("__pycache__"))
    .map((name) => join("addons/vworkspace", name)),
]);
if (passedBefore() === digest) {
  console.log("The addon is as it was when it last passed.");
  process.exit();
}
const python = pythonOrEnd();
for (const step of STEPS) {
  const cwd = join(root, "addons");
  const { status } = spawnSync(python, step, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
// Under another name first: node_modules of a clone may be links to another's.
mkdirSync(dirname(PASSED), { recursive: true });
writeFileSync(`${PASSED}.${process.pid}`, digest);
renameSync(`${PASSED}.${process.pid}`, PASSED);

function digestOf(names) {
  const hash = createHash("sha256").update(PINS.join("\n"));
  for (const name of names.sort()) {
    const path = join(root, name);
    if (statSync(path).isFile())
      hash.update(`\n${name}\n`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

function passedBefore() {
  try {
    return readFileSync(PASSED, "utf8");
  } catch {
    return undefined;
  }
}

function pythonOrEnd() {
  try {
    return pythonWithClients(PINS);
  } catch (error) {
    console.error(`The addon is NOT linted here. ${error.message}`);
    process.exit(process.argv.includes("--if-possible") ? 0 : 1);
  }
}
