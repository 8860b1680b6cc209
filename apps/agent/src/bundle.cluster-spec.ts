import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChildProgram } from "../../../test/cluster/child-program";
import { repositoryRoot } from "../../../test/cluster/repository-root";
import { AgentBench } from "./testing/agent-bench";
import { eventually } from "../../../test/cluster/eventually";

const run = promisify(execFile);

/** The one file that images hold, in a directory where there is nothing else to fall back on. */
describe("The agent as one file", () => {
  let directory: string;
  let file: string;
  let bench: AgentBench;

  beforeAll(async () => {
    bench = await AgentBench.open();
    const root = repositoryRoot();
    const bundle = join(root, "tools", "bundle-agent.mjs");
    await run(process.execPath, [bundle, "--built"], { cwd: root });
    directory = await mkdtemp(join(tmpdir(), "vworkspace-bundle-"));
    file = join(directory, "agent.cjs");
    await copyFile(join(root, "dist", "agent.cjs"), file);
  }, 300_000);

  afterAll(async () => {
    await bench?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("says what it takes", async () => {
    const options = { cwd: directory };
    const { stdout } = await run(process.execPath, [file, "--help"], options);
    expect(stdout).toContain("CONTROL_PLANE_ENDPOINT");
  });

  it("ends with one sentence where it is not configured", async () => {
    const failed = run(process.execPath, [file], {
      cwd: directory,
      env: {},
    });
    await expect(failed).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringMatching(
        /^CONTROL_PLANE_ENDPOINT is .*\n$/,
      ) as string,
    });
  });

  it("registers, watches and is connected, with the rights of its roles", async () => {
    const cluster = bench.gateway.newCluster();
    const environment = {
      CONTROL_PLANE_ENDPOINT: bench.gateway.url,
      VWORKSPACE_REGISTRATION_TOKEN: cluster.registrationToken,
      VWORKSPACE_STATE_DIR: join(directory, "state"),
      KUBECONFIG: bench.cluster.agentKubeconfigPath ?? "",
    };
    const log = join(directory, "agent.log");
    const assignments = Object.entries(environment).map(
      ([name, value]) => `${name}=${value}`,
    );
    const agent = new ChildProgram("agent", log, [
      ...["env", "-i", ...assignments],
      ...[process.execPath, file],
    ]);
    try {
      const text = await eventually(
        "the agent is connected and reconciles",
        async () => {
          const lines = await readFile(log, "utf8");
          agent.assertRunning();
          return (
            lines.includes('"event":"connected"') &&
            lines.includes("reconciling") &&
            lines
          );
        },
        60_000,
      );
      expect(text).not.toContain(cluster.registrationToken);
    } finally {
      await agent.stop();
    }
  }, 90_000);
});
