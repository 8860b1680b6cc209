import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../../../test/cluster/eventually";
import { type KubeBody, KubeHttp } from "../../../../../test/cluster/kube-http";
import { writeKubeconfig } from "../../../../../test/cluster/kubeconfig-file";
import { type Simulator, startSimulator } from "../../simulator";

interface Status {
  readonly phase?: string;
  readonly progress?: Readonly<Record<string, number>>;
  readonly warnings?: number;
  readonly errors?: number | readonly string[];
  readonly expiration?: string;
  readonly failureReason?: string;
  readonly validationErrors?: readonly string[];
}

const VELERO = "/apis/velero.io/v1/namespaces/velero";
const CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps";
const OVER = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];
const KINDS = {
  backups: { apiVersion: "velero.io/v1", kind: "Backup" },
  restores: { apiVersion: "velero.io/v1", kind: "Restore" },
  deletebackuprequests: {
    apiVersion: "velero.io/v1",
    kind: "DeleteBackupRequest",
  },
};
/** As an engine names it after its instance. */
const labels = { "app.vworkspace.io/application-instance": "web" };

describe("The stand-in for Velero", () => {
  const directory = mkdtempSync(join(tmpdir(), "vworkspace-velero-"));
  const errors: unknown[] = [];
  let simulator: Simulator;
  let http: KubeHttp;

  async function open(): Promise<void> {
    simulator = await startSimulator({
      velero: { delayMs: { min: 1, max: 5 } },
      statePath: join(directory, "state.json"),
      onError: (error) => errors.push(error),
    });
    const path = join(directory, "kubeconfig");
    writeKubeconfig(path, { server: simulator.url, token: simulator.token });
    http = new KubeHttp(path);
  }

  async function close(): Promise<void> {
    await http.close();
    await simulator.stop();
  }

  beforeAll(async () => {
    await open();
    for (const name of ["shop", "copy"])
      await http.post("/api/v1/namespaces", { metadata: { name } });
    await http.post(CONFIG_MAPS, {
      metadata: { name: "orders", labels: { app: "web" } },
      data: { count: "41" },
    });
    await http.post("/api/v1/namespaces/shop/secrets", {
      metadata: { name: "db" },
      stringData: { password: "x" },
    });
  });

  afterAll(async () => {
    await close();
    rmSync(directory, { recursive: true });
  });

  afterEach(() => {
    simulator.setCourses([]);
    expect(errors).toEqual([]);
  });

  const statusOf = (body: KubeBody) => (body.status ?? {}) as Status;

  async function make(
    plural: keyof typeof KINDS,
    name: string,
    body: object,
  ): Promise<void> {
    const object = { ...KINDS[plural], metadata: { name, labels }, ...body };
    const { code, body: answer } = await http.post(
      `${VELERO}/${plural}`,
      object,
    );
    expect({ code, said: answer.message }).toEqual({ code: 201 });
  }

  const over = (plural: "backups" | "restores", name: string) =>
    eventually(`${name} is over`, async () => {
      const status = statusOf(
        (await http.get(`${VELERO}/${plural}/${name}`)).body,
      );
      return OVER.includes(status.phase ?? "") && status;
    });

  async function backUp(name: string, spec: object = {}): Promise<Status> {
    const includedNamespaces = ["shop"];
    await make("backups", name, { spec: { includedNamespaces, ...spec } });
    return over("backups", name);
  }

  async function restore(name: string, spec: object): Promise<Status> {
    const includedNamespaces = ["shop"];
    await make("restores", name, { spec: { includedNamespaces, ...spec } });
    return over("restores", name);
  }

  it("has a place for backups at hand, and a workload by which an agent knows it", async () => {
    const location = await http.get(`${VELERO}/backupstoragelocations/default`);
    expect(location.body.status).toMatchObject({ phase: "Available" });
    const { body } = await http.get(
      "/apis/apps/v1/namespaces/velero/deployments/velero",
    );
    expect(body.metadata.labels).toEqual({
      "app.kubernetes.io/name": "velero",
    });
  });

  it("keeps the objects of a namespace, and gives back what was deleted since", async () => {
    const kept = await backUp("all", { ttl: "48h" });
    // The namespace, its service account, the ConfigMap and the Secret.
    expect(kept).toMatchObject({
      phase: "Completed",
      progress: { itemsBackedUp: 4, totalItems: 4 },
    });
    const days = Date.parse(kept.expiration ?? "") - Date.now();
    expect(Math.round(days / 86_400_000)).toBe(2);
    await http.delete(`${CONFIG_MAPS}/orders`);
    const given = await restore("back", { backupName: "all" });
    expect(given).toMatchObject({
      phase: "Completed",
      progress: { itemsRestored: 4, totalItems: 4 },
    });
    expect(given.warnings).toBe(undefined);
    const { body } = await http.get(`${CONFIG_MAPS}/orders`);
    expect(body["data"]).toEqual({ count: "41" });
    expect(body.metadata.labels).toEqual({
      app: "web",
      "velero.io/backup-name": "all",
      "velero.io/restore-name": "back",
    });
  });

  it("leaves what differs and warns of it, or brings it back where it is told to", async () => {
    await http.merge(`${CONFIG_MAPS}/orders`, { data: { count: "7" } });
    const left = await restore("careful", { backupName: "all" });
    expect(left).toMatchObject({ phase: "Completed", warnings: 1 });
    const count = async () =>
      (await http.get(`${CONFIG_MAPS}/orders`)).body["data"];
    expect(await count()).toEqual({ count: "7" });
    const existingResourcePolicy = "update";
    const more = { backupName: "all", existingResourcePolicy };
    expect((await restore("bold", more)).warnings).toBe(undefined);
    expect(await count()).toEqual({ count: "41" });
  });

  it("restores into another namespace what a selection leaves", async () => {
    const spec = {
      backupName: "all",
      namespaceMapping: { shop: "copy" },
      excludedResources: ["secrets"],
      labelSelector: { matchLabels: { app: "web" } },
    };
    await restore("elsewhere", spec);
    const { body } = await http.get("/api/v1/namespaces/copy/configmaps");
    const names = body.items.map((one) => one.metadata.name);
    expect(names).toEqual(["orders"]);
    const secret = await http.get("/api/v1/namespaces/copy/secrets/db");
    expect(secret.code).toBe(404);
  });

  it("says why it can't begin", async () => {
    expect(await backUp("nowhere", { storageLocation: "s3" })).toMatchObject({
      phase: "FailedValidation",
      validationErrors: [expect.stringContaining('"s3" not found')],
    });
    expect(await restore("of-nothing", { backupName: "b" })).toMatchObject({
      phase: "FailedValidation",
      validationErrors: [expect.stringContaining('"b" not found')],
    });
  });

  it("deletes a backup with what it holds and its restores when it is asked to, but none under way", async () => {
    const request = { spec: { backupName: "all" } };
    await make("deletebackuprequests", "all-delete", request);
    for (const path of [
      "backups/all",
      "restores/back",
      "deletebackuprequests/all-delete",
      "configmaps/content-of-all",
    ]) {
      const base = path.startsWith("config")
        ? "/api/v1/namespaces/velero"
        : VELERO;
      await eventually(
        `${path} is gone`,
        async () => (await http.get(`${base}/${path}`)).code === 404,
      );
    }
    await make("backups", "held", {
      spec: { includedNamespaces: ["shop"] },
      status: { phase: "WaitingForPluginOperations" },
    });
    await make("deletebackuprequests", "held-delete", {
      spec: { backupName: "held" },
    });
    const answer = await eventually("the request is processed", async () => {
      const path = `${VELERO}/deletebackuprequests/held-delete`;
      const status = statusOf((await http.get(path)).body);
      return status.phase === "Processed" && status;
    });
    expect(answer.errors).toEqual(["backup is still in progress"]);
  });

  it("ends as the course of the application has it", async () => {
    simulator.setCourses([
      {
        name: "web",
        namespace: "shop",
        course: { backup: ["fails", "partially-fails", "completes"] },
      },
    ]);
    expect(await backUp("first")).toMatchObject({
      phase: "Failed",
      failureReason: expect.stringContaining("can't be reached") as string,
    });
    const second = await backUp("second");
    expect(second).toMatchObject({ phase: "PartiallyFailed", errors: 1 });
    expect(await backUp("third")).toMatchObject({ phase: "Completed" });
    simulator.setCourses([{ name: "web", course: "restore-fails" }]);
    const restored = await restore("failing", { backupName: "third" });
    expect(restored.phase).toBe("Failed");
  });

  it("still has at its next start what a backup holds, and goes on with one under way", async () => {
    await make("backups", "cut", { spec: { includedNamespaces: ["shop"] } });
    await close();
    await open();
    expect(await over("backups", "cut")).toMatchObject({ phase: "Completed" });
    await http.delete(`${CONFIG_MAPS}/orders`);
    await restore("later", { backupName: "third" });
    const { body } = await http.get(`${CONFIG_MAPS}/orders`);
    expect(body["data"]).toEqual({ count: "41" });
  });
});
