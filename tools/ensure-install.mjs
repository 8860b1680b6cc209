// Installs what package-lock.json names, when it isn't what is there. Plain JavaScript for any Node from 18 on: it runs
// before there is anything installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

const major = Number(process.versions.node.split(".")[0]);
if (major < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or later.`,
  );
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/** npm writes what it has installed as the last thing of an install, whichever command of npm's it was. */
function isInstalled() {
  const installed = packagesIn("node_modules/.package-lock.json");
  return Object.entries(packagesIn("package-lock.json")).every(
    ([path, { version, integrity, optional }]) => {
      const found = installed[path];
      // Optional ones are there on their platform only.
      if (found === undefined) return path === "" || optional === true;
      return found.version === version && found.integrity === integrity;
    },
  );
}

if (!isInstalled()) {
  console.error("Installing packages (once, about half a minute) …");
  const { status } = spawnSync(
    "npm",
    ["ci", "--no-fund", "--no-audit", "--loglevel=error"],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0)
    fail(
      "The packages could not be installed: see npm's message above, then run the command again.",
    );
}

// node_modules/.bin/node is Node 24 where a package brings it; elsewhere the machine's own has to do.
if (!existsSync(join(root, "node_modules", ".bin", "node")) && major < 24) {
  fail(
    `Node ${process.versions.node} is too old for this platform, for which no package brings a newer one: install Node 24.`,
  );
}
