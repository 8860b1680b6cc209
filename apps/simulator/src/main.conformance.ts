import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { repositoryRoot } from "../../../test/cluster/repository-root";

const MAIN = join(repositoryRoot(), "dist/apps/simulator/src/main.js");

describe("The simulator's program", () => {
  it("ends in order and exits with 0, however often Ctrl-C comes", async () => {
    if (!existsSync(MAIN))
      throw new Error(`${MAIN} is missing: run \`npx nest build gateway\`.`);
    const child = spawn(process.execPath, [MAIN], {
      env: { VWORKSPACE_SIMULATOR_ADDR: "127.0.0.1:0" },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const exited = once(child, "exit");
    const [line] = (await once(child.stdout as Readable, "data")) as [Buffer];
    expect(line.toString()).toContain('"listening"');
    for (let times = 0; times < 3; times += 1) child.kill("SIGINT");
    expect(await exited).toEqual([0, null]);
  }, 30_000);
});
