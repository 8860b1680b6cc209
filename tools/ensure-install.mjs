// Installs what package-lock.json names, when it isn't what was installed last. Plain JavaScript for any Node from 18 on:
// it runs before there is anything installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const note = join(root, "node_modules", ".installed-lock");

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

const digest = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const isInstalled = existsSync(note) && readFileSync(note, "utf8") === digest;
if (!isInstalled) {
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
  writeFileSync(note, digest);
}

// node_modules/.bin/node is Node 24 where a package brings it; elsewhere the machine's own has to do.
if (!existsSync(join(root, "node_modules", ".bin", "node")) && major < 24) {
  fail(
    `Node ${process.versions.node} is too old for this platform, for which no package brings a newer one: install Node 24.`,
  );
}
