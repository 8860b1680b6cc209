// Assembles the addon for one series of Odoo: node tools/assemble-addon.mjs SERIES FOLDER
// The tree is of the newest series; addons/series/<SERIES> holds the files that differ, and goes over it.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";

const TREE = "19";
const [series, folder] = process.argv.slice(2);
const addons = join(root, "addons");
const overlay = join(addons, "series", String(series));
if (!folder || !(series === TREE || existsSync(overlay))) {
  console.error(
    `usage: node tools/assemble-addon.mjs SERIES FOLDER; series ${series ?? "(none)"} is neither ${TREE} nor a folder of addons/series.`,
  );
  process.exit(2);
}

const target = join(folder, "vworkspace");
if (existsSync(target)) {
  console.error(
    `${target} is there already: name another folder, or remove it.`,
  );
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const isSource = (path) => !path.includes("__pycache__");
cpSync(join(addons, "vworkspace"), target, {
  recursive: true,
  filter: isSource,
});
if (existsSync(overlay))
  cpSync(overlay, target, { recursive: true, filter: isSource });

const manifest = join(target, "__manifest__.py");
const text = readFileSync(manifest, "utf8");
writeFileSync(
  manifest,
  text.replace(/"version": "\d+\.0\./, `"version": "${series}.0.`),
);
console.log(target);
