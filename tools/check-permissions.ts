import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_PERMISSIONS } from "../apps/agent/src/permissions/agent-permissions";
import {
  coverage,
  type PermissionUse,
} from "../apps/agent/src/testing/permission-use";

/**
 * Compares what the agents of the cluster tests asked of the API server, a file for each spec file below the given directory,
 * with what their code declares. Ends with status 1 where a right is missing; with --unused also where one is too many, which
 * only a run against a real API server can tell: the simulated one serves fewer kinds.
 */
function checkPermissions(directory: string): void {
  const uses = readdirSync(directory).flatMap(
    (file) =>
      JSON.parse(
        readFileSync(join(directory, file), "utf8"),
      ) as PermissionUse[],
  );
  const { undeclared, unused } = coverage(AGENT_PERMISSIONS, uses);
  for (const use of undeclared)
    fail(
      `${use} was used and not declared: add it to the permissions of the room that asks.`,
    );
  if (uses.length === 0)
    fail("No agent asked for anything: nothing was recorded.");
  if (process.argv.includes("--unused"))
    for (const right of unused)
      fail(
        `${right} was declared and never used: remove it from the permissions of its room, or test what needs it.`,
      );
}

function fail(sentence: string): void {
  console.error(`   ${sentence}`);
  process.exitCode = 1;
}

checkPermissions(process.argv[2] ?? "");
