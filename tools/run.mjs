// Builds, then becomes one of the programs: `node tools/run.mjs dist/apps/agent/src/main.js [arguments]`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build, root } from "./build.mjs";

const [program, ...rest] = process.argv.slice(2);
if (!build()) process.exit(1);
const child = spawn(
  process.execPath,
  ["--enable-source-maps", join(root, program), ...rest],
  { cwd: root, stdio: ["inherit", "inherit", "inherit", "ipc"] },
);
// A signal to this process alone is passed on. Ctrl-C has reached the program by itself then, so that it comes twice, or three
// times under npm: our programs take all of them for one.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"])
  process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
