// `npm run check`: format, lint, types, arrows, rules of the house, the addon's lint, unit tests. What fails says which command mends it.
//   --no-unit    where every test runs afterwards anyway
import { spawnSync } from "node:child_process";
import { root } from "./build.mjs";

const bin = (path) => [process.execPath, `node_modules/${path}`];
const STEPS = [
  [
    "format",
    [...bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."],
    "npm run format",
  ],
  [
    "lint",
    [
      ...bin("eslint/bin/eslint.js"),
      "--max-warnings=0",
      "--cache",
      "--cache-location=node_modules/.cache/eslint/",
      ".",
    ],
    "npx eslint --fix .",
  ],
  [
    "types",
    [...bin("typescript/bin/tsc"), "--noEmit", "-p", "."],
    "mend the lines named above",
  ],
  [
    "arrows",
    [
      ...bin("dependency-cruiser/bin/dependency-cruiser.mjs"),
      "--config",
      ".dependency-cruiser.cjs",
      "--output-type",
      "err",
      "apps",
      "libs",
      "migrations",
    ],
    "mend the imports named above (CONTRIBUTING.md, Arrows)",
  ],
  ["house", [process.execPath, "tools/house-rules.mjs"], "see CONTRIBUTING.md"],
  [
    "addon",
    [process.execPath, "tools/check-addon.mjs", "--if-possible"],
    "mend the lines named above (CONTRIBUTING.md, The addon)",
  ],
  [
    "unit",
    [
      process.execPath,
      "--experimental-vm-modules",
      "--no-warnings",
      "node_modules/jest/bin/jest.js",
      "--selectProjects",
      "unit",
      "--silent",
      "--reporters=summary",
    ],
    "npm run check",
  ],
];

const isLeftOut = (name) =>
  name === "unit" && process.argv.includes("--no-unit");

let hasFailed = false;
for (const [name, [command, ...rest], remedy] of STEPS) {
  if (isLeftOut(name)) continue;
  const startedAt = Date.now();
  const { status } = spawnSync(command, rest, { cwd: root, stdio: "inherit" });
  console.log(
    `${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)${status === 0 ? "" : `: ${remedy}`}`,
  );
  hasFailed ||= status !== 0;
}
process.exit(hasFailed ? 1 : 0);
