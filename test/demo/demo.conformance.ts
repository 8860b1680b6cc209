import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OdooClient, RpcFault } from "@vworkspace/odoo-rpc";
import { DemoProcess } from "./demo-process";

interface DemoFile {
  readonly url: string;
  readonly database: string;
  readonly login: string;
  readonly key: string;
  readonly clusterId: string;
  readonly people: { readonly operator: string; readonly approver: string };
}

jest.setTimeout(180_000);

describe("npm start", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "vworkspace-demo-"));
  let port = 0;
  let demo: DemoProcess;
  const start = () =>
    new DemoProcess(["--data-dir", dataDir, "--port", String(port)]);
  const demoFile = () =>
    JSON.parse(readFileSync(join(dataDir, "demo.json"), "utf8")) as DemoFile;
  const connect = () => {
    const { url, database, login, key } = demoFile();
    const protocol = "xmlrpc";
    return OdooClient.connect({ url, database, login, key, protocol });
  };

  beforeAll(async () => {
    port = await freePort();
    demo = start();
    await demo.prints("Ctrl-C stops everything");
  });

  afterAll(async () => {
    await demo.interrupt();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("takes one application from an XML-RPC call to Ready and shows its way", () => {
    expect(demo.output).toMatch(/gateway +intent stored: generation 1/);
    expect(demo.output).toMatch(/agent +apply job (offered|acked|succeeded)/);
    expect(demo.output).toMatch(/cluster +Ready=True HelmReleaseReady/);
    expect(demo.output).toMatch(/\nReady\n/);
  });

  test("backs it up when a second person has approved, with its progress, and lists the next of every night", () => {
    const [, backup = ""] = demo.output.split("\nReady\n");
    const steps = [
      /operator calls +vworkspace\.operation create \[\{"instance_id": \d+, "type": "Backup", "engine": "velero"/,
      /gateway +awaiting_approval/,
      /approver calls +vworkspace\.operation action_approve \[\[\d+\]\]/,
      /cluster +running: Backup velero\/op-\S+ is \w+: \d+ of \d+ items/,
      /cluster +succeeded VeleroBackupCompleted: Backup velero\/op-\S+ is complete: (\d+) of \1 items, 0 warnings/,
      /gateway +last_backup_at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
      /operator calls +vworkspace\.operation\.schedule create/,
      /operator calls +vworkspace\.operation\.schedule search_read/,
      /shop-backup \(0 2 \* \* \*\): next run \d{4}-\d\d-\d\d 02:00:00 UTC/,
    ];
    const places = steps.map((step) => backup.search(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test("lets nobody approve what he asked for, not even an admin", async () => {
    const client = connect();
    const model = "vworkspace.operation";
    const [shop] = (await client.executeKw(
      "vworkspace.application.instance",
      "search",
      [[["name", "=", "shop"]]],
    )) as number[];
    const values = { instance_id: shop ?? 0, type: "Backup", engine: "velero" };
    const id = await client.executeKw(model, "create", [values]);
    const approval = client.executeKw(model, "action_approve", [[id]]);
    await expect(approval).rejects.toThrow(/four_eyes/);
    await client.executeKw(model, "action_cancel", [[id]]);
    await client.close();
  });

  test("keeps what scripts need in demo.json, for its owner's eyes only", () => {
    expect(statSync(join(dataDir, "demo.json")).mode & 0o777).toBe(0o600);
    expect(demoFile()).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      database: "demo",
      clusterId: "demo",
      people: {
        operator: expect.stringMatching(/^vw_/) as string,
        approver: expect.stringMatching(/^vw_/) as string,
      },
    });
  });

  test("prints Python programs that make a second application and see it become ready, and back it up as two people", () => {
    const [create = "", backUp = ""] = [
      ...demo.output.matchAll(/python3 - <<'PY'\n([\s\S]*?)\nPY\n/g),
    ].map(([, program]) => program ?? "");
    const run = (input: string) => {
      const { stdout, stderr, status } = spawnSync("python3", ["-"], {
        input,
        encoding: "utf8",
        timeout: 60_000,
      });
      expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
      return stdout.trim().split("\n");
    };
    expect(run(create).sort()).toEqual([
      "demo-shop shop 1.2.0 ready",
      "demo-wiki wiki 3.0.1 ready",
    ]);
    expect(run(backUp).at(-1)).toMatch(/^succeeded Backup .* is complete/);
  });

  test("refuses an application in a namespace that policy forbids, naming rule and value", async () => {
    const client = connect();
    const values = {
      name: "x",
      namespace: "kube-system",
      cluster_id: 1,
      catalog_code: "wiki",
    };
    const refusal = client.executeKw(
      "vworkspace.application.instance",
      "create",
      [values],
    );
    await expect(refusal).rejects.toThrow(RpcFault);
    await expect(refusal).rejects.toThrow(/allowed_namespaces.*"kube-system"/);
    await client.close();
  });

  test("says in one sentence that its port is in use", async () => {
    const other = mkdtempSync(join(tmpdir(), "vworkspace-demo-"));
    const second = new DemoProcess([
      "--data-dir",
      other,
      "--port",
      String(port),
    ]);
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(
      new RegExp(
        `127.0.0.1:${port} is in use: stop what listens there, or choose another port`,
      ),
    );
    rmSync(other, { recursive: true, force: true });
  });

  test("says in one sentence that its data directory cannot be used", async () => {
    const second = new DemoProcess([
      "--data-dir",
      "/dev/null/data",
      "--port",
      String(port),
    ]);
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(
      /The data directory \/dev\/null\/data cannot be used \(\w+\): /,
    );
  });

  test.each<[string, string[], RegExp]>([
    [
      "database doesn't answer",
      ["--database-url", "postgres://app:geheim@127.0.0.1:1/x"],
      /\nDATABASE_URL: PostgreSQL doesn't answer at 127.0.0.1:1 \(ECONNREFUSED\): start it there, or correct the URL.\n$/,
    ],
    [
      "kubeconfig is none",
      ["--yes", "--kubeconfig", "package.json"],
      /\nkubeconfig \S+package.json holds no context: name another file.\n$/,
    ],
  ])("says in one sentence that its %s", async (_what, args, sentence) => {
    const other = mkdtempSync(join(tmpdir(), "vworkspace-demo-"));
    const free = String(await freePort());
    const second = new DemoProcess([
      "--data-dir",
      other,
      "--port",
      free,
      ...args,
    ]);
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(sentence);
    expect(second.output).not.toContain("geheim");
    rmSync(other, { recursive: true, force: true });
  });

  test("hands the script of what goes wrong to its simulated cluster", async () => {
    const other = mkdtempSync(join(tmpdir(), "vworkspace-demo-"));
    const script = join(other, "script.yaml");
    writeFileSync(script, "courses: [{ name: shop, course: chart-missing }]\n");
    const second = new DemoProcess(
      ["--data-dir", other, "--port", String(await freePort())],
      { VWORKSPACE_SIMULATOR_SCRIPT: script },
    );
    await second.prints("Ctrl-C stops everything");
    expect(second.output).not.toContain("A backup, which");
    expect(second.output).toMatch(
      /Ready=False ChartUnreachable[\s\S]*\nNot ready, as the script may have wanted it/,
    );
    expect(await second.interrupt()).toBe(0);
    rmSync(other, { recursive: true, force: true });
  });

  test("stops at Ctrl-C, and the next start keeps the data, even after a kill -9", async () => {
    expect(await demo.interrupt()).toBe(0);
    expect(await isFree(port)).toBe(true);
    demo = start();
    await demo.prints("Ctrl-C stops everything");
    expect(demo.output).toMatch(
      /shop in demo-shop is there from an earlier start/,
    );
    expect(demo.output).toMatch(
      /shop-backup-\w+ is there from an earlier start[\s\S]*succeeded VeleroBackupCompleted/,
    );
    demo.kill();
    await demo.ended();
    await portIsFree(port);
    demo = start();
    await demo.prints("Ctrl-C stops everything");
    expect(demo.output).toMatch(/with the credential it has/);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const found = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(found));
    });
  });
}

/** The gateway of a killed demo notices that its starter is gone and stops by itself. */
async function portIsFree(port: number): Promise<void> {
  while (!(await isFree(port)))
    await new Promise((resolve) => setTimeout(resolve, 100));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
