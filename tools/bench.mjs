// `npm run bench -- NAME [options]`: figures, as ratios against a peer of the same run. Never part of the tests.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "./build.mjs";

const BENCHES = {
  "agent-start":
    "the agent's one file from its start to watching, and its memory, beside a Go controller",
  polls:
    "waiting polls on one gateway: memory each, queries while they wait, time from enqueue to delivery",
  proofs:
    "polls with a DPoP proof each, beside polls without: requests per second",
  "watched-objects":
    "20,000 objects in the agent's watches: memory each, beside the same objects held whole",
};
const [name, ...rest] = process.argv.slice(2);
if (!(name in BENCHES)) {
  console.log("npm run bench -- NAME [options]\n");
  for (const [bench, what] of Object.entries(BENCHES))
    console.log(`  ${bench.padEnd(16)} ${what}`);
  process.exit(name === undefined || name === "--help" ? 0 : 2);
}
const program = join(root, "dist", "test", "bench", `${name}.js`);
if (!build() || !existsSync(program)) process.exit(1);
process.exit(
  spawnSync(process.execPath, ["--enable-source-maps", program, ...rest], {
    cwd: root,
    stdio: "inherit",
  }).status ?? 1,
);
