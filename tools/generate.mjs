// `npm run generate`: writes what is generated (CRDs, admission policies, the agent's roles, tables of conditions, permissions, limits and environment variables, the tools of assistants, OpenAPI documents); with --check only compares.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build, root } from "./build.mjs";

if (!build()) process.exit(1);
let hasFailed = false;
for (const generator of [
  "generate-crds.js",
  "generate-policies.js",
  "generate-rbac.js",
  "generate-conditions.js",
  "generate-environment.js",
  "generate-odoo-api.js",
  "generate-mcp-tools.js",
  "generate-permissions.js",
  "generate-limits.js",
  "generate-openapi.js",
]) {
  const { status } = spawnSync(
    process.execPath,
    [join(root, "dist", "tools", generator), ...process.argv.slice(2)],
    { cwd: root, stdio: "inherit" },
  );
  hasFailed ||= status !== 0;
}
process.exit(hasFailed ? 1 : 0);
