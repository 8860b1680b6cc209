// `npm run verify`: everything. check, then that generated files are fresh, then every kind of test.
import { spawnSync } from "node:child_process";
import { root } from "./build.mjs";

const STEPS = [
  ["check", ["tools/check.mjs", "--no-unit"]],
  ["generated files", ["tools/generate.mjs", "--check"]],
  ["tests", ["tools/test.mjs"]],
];
for (const [name, args] of STEPS) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
  });
  if (status === 0) continue;
  console.error(`verify: ${name} failed.`);
  process.exit(1);
}
