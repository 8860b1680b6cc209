import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";

/** Directories held by this process: its own pid in a lock file may also be that of a predecessor in a restarted container. */
const held = new Set<string>();

/**
 * Makes this process the only owner of `directory`, through a lock file with its pid. The lock of a process that is gone is taken over.
 * @returns releases it
 * @throws ConfigurationError where another process, or this one, holds it
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, "lock");
  const holder = readHolder(path);
  if (held.has(directory) || isAlive(holder)) {
    throw new ConfigurationError(
      `VWORKSPACE_STATE_DIR is in use by process ${holder.split(" ")[0]}, which holds ${path}: stop that process, or give each agent a directory of its own.`,
    );
  }
  rmSync(path, { force: true });
  try {
    writeFileSync(path, identityOf(process.pid), { flag: "wx", mode: 0o600 });
  } catch (error) {
    // A full disk keeps events in memory, not the agent from starting.
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
  held.add(directory);
  return () => {
    if (held.delete(directory)) rmSync(path, { force: true });
  };
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(" ")[0]);
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return identityOf(pid) === holder;
}

/** Pid and, where /proc tells it, the time that the process started: pids are used again, soonest in a restarted container. */
function identityOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22; the name in field 2 may hold spaces and ends with the last parenthesis.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${pid} ${started}`;
  } catch {
    return String(pid);
  }
}
