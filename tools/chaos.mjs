// `npm run chaos -- [options]`: the whole product under kill -9 and broken connections, seed by seed. --help lists the
// options. Exit codes: 0 all agree, 1 a seed has problems, 2 a wrong command line.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, root } from "./build.mjs";

if (!build()) process.exit(1);
const program = join(root, "dist", "test", "chaos", "main.js");
const [, , ...options] = process.argv;
process.exit(
  spawnSync(process.execPath, ["--enable-source-maps", program, ...options], {
    cwd: root,
    stdio: "inherit",
  }).status ?? 1,
);
