// Assembles the addon for one series of Odoo: node tools/assemble-addon.mjs SERIES FOLDER
// The tree is of the newest series; addons/series/<SERIES> holds the files that differ, and goes over it. Its renames.json has the
// fields of Odoo's own models that only have another name there, and stand in many views.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
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

const renames = join(target, "renames.json");
if (existsSync(renames)) {
  renameFields(JSON.parse(readFileSync(renames, "utf8")));
  rmSync(renames);
}

const manifest = join(target, "__manifest__.py");
const text = readFileSync(manifest, "utf8");
writeFileSync(
  manifest,
  text.replace(/"version": "\d+\.0\./, `"version": "${series}.0.`),
);
console.log(target);

function renameFields(names) {
  for (const name of readdirSync(target, { recursive: true })) {
    if (!name.endsWith(".xml")) continue;
    const path = join(target, name);
    let xml = readFileSync(path, "utf8");
    for (const [from, to] of Object.entries(names))
      xml = xml.replaceAll(`<field name="${from}"`, `<field name="${to}"`);
    writeFileSync(path, xml);
  }
}
