import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../cluster/free-ports";
import { DemoProcess } from "./demo-process";

jest.setTimeout(180_000);

describe("npm start -- --tls", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "vworkspace-tls-"));
  let ports: readonly number[];
  let demo: DemoProcess;

  const start = (...options: string[]) => {
    const [port, tlsPort] = ports;
    const all = ["--data-dir", dataDir, "--port", String(port), ...options];
    return new DemoProcess([...all, "--tls-port", String(tlsPort)]);
  };

  beforeAll(async () => {
    ports = await freePorts(2);
    demo = start("--tls");
    await demo.prints("Ctrl-C stops everything");
  });

  afterAll(async () => {
    await demo.interrupt();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("takes the application to Ready with a client certificate and protected jobs", () => {
    expect(demo.output).toMatch(/Listener for agents +https:/);
    expect(demo.output).toMatch(/agent +apply job succeeded/);
    expect(demo.output).toMatch(/\nReady\n/);
  });

  test("backs it up with an approval that came by protected jobs", () => {
    expect(demo.output).toMatch(
      /approver calls[\s\S]*cluster +succeeded VeleroBackupCompleted/,
    );
  });

  test("ends with commands by which a person with curl is let in by a certificate, and not without", () => {
    const commands = /\n(cd [\s\S]*?)\n\n/.exec(demo.output)?.[1] ?? "";
    expect(commands.split("curl -s")).toHaveLength(4);
    const { stdout } = spawnSync("bash", ["-c", commands], {
      encoding: "utf8",
      timeout: 30_000,
    });
    const [jobs = "", refused = ""] = stdout.trim().split("\n");
    expect(JSON.parse(jobs)).toEqual({ jobs: [] });
    expect(JSON.parse(refused)).toMatchObject({
      error: "certificate_refused",
      message: expect.stringContaining("client certificate") as string,
    });
  });

  test("serves agents on that listener alone", async () => {
    const [port] = ports;
    const answer = await fetch(`http://127.0.0.1:${port}/api/agent/jobs`);
    expect(answer.status).toBe(404);
  });

  test("goes on with what it has at the next start, with and without TLS", async () => {
    for (const options of [["--tls"], []]) {
      await demo.interrupt();
      demo = start(...options);
      await demo.prints("Ctrl-C stops everything");
      expect(demo.output).toMatch(/with the credential it has/);
    }
  });
});
