import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigurationError } from "@vworkspace/kernel";

/** A server that runs on a data directory now. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** The folder of an embedded PostgreSQL: who may use it, and who does. */
export class DataDirectory {
  readonly postgres: string;
  private readonly ownerFile: string;
  private readonly readyFile: string;

  constructor(private readonly path: string) {
    this.postgres = join(path, "postgres");
    this.ownerFile = join(path, "gateway.pid");
    this.readyFile = join(path, "postgres.ready");
  }

  /** Makes the folders. @throws ConfigurationError in one sentence */
  async prepare(): Promise<void> {
    try {
      await mkdir(join(this.path, "keys"), { recursive: true });
      await chmod(join(this.path, "keys"), 0o700);
    } catch (error) {
      throw new ConfigurationError(
        `VWORKSPACE_DATA_DIR ${this.path} cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}): choose another directory or mend its owner.`,
      );
    }
    await this.requireReachable();
  }

  /** Takes the directory for this process. @throws ConfigurationError when another one has it */
  async own(): Promise<void> {
    const owner = Number(
      await readFile(this.ownerFile, "utf8").catch(() => "0"),
    );
    if (owner !== process.pid && (await commandLine(owner))?.includes("node")) {
      throw new ConfigurationError(
        `VWORKSPACE_DATA_DIR ${this.path} is in use by process ${owner}: stop it, or choose another directory.`,
      );
    }
    await writeFile(this.ownerFile, `${process.pid}\n`);
  }

  async disown(): Promise<void> {
    await rm(this.ownerFile, { force: true });
  }

  /** Made once, kept with mode 600. */
  async password(): Promise<string> {
    const file = join(this.path, "keys", "postgres.password");
    if (existsSync(file)) return (await readFile(file, "utf8")).trim();
    const password = randomBytes(24).toString("base64url");
    await writeFile(file, `${password}\n`, { mode: 0o600 });
    return password;
  }

  /** Whether there is a whole database. What a start that was cut off left behind never held anything, and goes. */
  async isInitialised(): Promise<boolean> {
    if (existsSync(this.readyFile)) return true;
    await rm(this.postgres, { recursive: true, force: true });
    return false;
  }

  async markInitialised(): Promise<void> {
    await writeFile(this.readyFile, "");
  }

  /** The server of this directory; kill -9 of its owner leaves it running. */
  async running(): Promise<RunningServer | undefined> {
    const text = await readFile(
      join(this.postgres, "postmaster.pid"),
      "utf8",
    ).catch(() => "");
    const [pid, , , port] = text.split("\n");
    const isOurs =
      (await commandLine(Number(pid)))?.includes(this.postgres) ?? false;
    return isOurs ? { pid: Number(pid), port: Number(port) } : undefined;
  }

  /** Ends a server that a killed process left behind; its data stay. */
  async endLeftover(log: (line: string) => void): Promise<void> {
    const leftover = await this.running();
    if (!leftover) return;
    log(
      `Ending the PostgreSQL (pid ${leftover.pid}) that an earlier run left behind; its data stay.`,
    );
    process.kill(leftover.pid, "SIGINT");
    for (let waited = 0; waited < 400 && (await this.running()); waited += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** PostgreSQL refuses to run as root, and its own user must be able to pass through every folder above its data. */
  private async requireReachable(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    await chmod(this.path, 0o711);
    for (
      let folder = dirname(this.path);
      folder !== dirname(folder);
      folder = dirname(folder)
    ) {
      if (((await stat(folder)).mode & 0o001) === 0) {
        throw new ConfigurationError(
          `The embedded PostgreSQL runs as the user postgres, which cannot pass through ${folder}: set VWORKSPACE_DATA_DIR to a directory that it can reach, for example /var/lib/vworkspace.`,
        );
      }
    }
  }
}

/** How a process was called, or undefined where there is none of that number. Without /proc: that it is there. */
async function commandLine(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  if (!existsSync("/proc/self/cmdline")) return "node";
  return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
}
