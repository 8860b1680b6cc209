import { AGENT_MEDIA_TYPE } from "@vworkspace/contract";
import { z } from "zod";
import { eventually } from "./expectations";
import { GatewayProcess } from "./gateway-process";
import { OdooSession } from "./odoo-session";

const KEY = "f".repeat(64);
const CHARTS = "https://charts.example.com";
const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const SCHEDULE = "vworkspace.operation.schedule";

const tokenSchema = z.looseObject({ token: z.string() });
const jobsSchema = z.object({
  jobs: z.array(z.looseObject({ id: z.string(), kind: z.string() })),
});
const applySchema = z.object({
  idempotencyKey: z.string(),
  payload: z.looseObject({
    kind: z.string(),
    metadata: z.looseObject({
      name: z.string(),
      annotations: z.record(z.string(), z.string()),
    }),
    spec: z.looseObject({}),
  }),
});
type Job = z.infer<typeof applySchema>;

describe("Operations over the API", () => {
  let gateway: { process: GatewayProcess; url: string };
  let odoo: OdooSession;
  let approver: OdooSession;
  let token: string;
  let instance: number;
  let second = 0;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
      VWORKSPACE_SWEEP_SECONDS: "1",
    });
    odoo = await OdooSession.login(gateway.url, "suite", KEY);
    await odoo.create("vworkspace.catalog.entry", {
      code: "app",
      name: "App",
      chart_source_type: "helm",
      chart_url: CHARTS,
      chart_name: "app",
      capabilities: { backup: "velero", upgrade: "helm" },
    });
    await odoo.create("vworkspace.policy", {
      name: "suite",
      allowed_namespaces: ["*"],
      allowed_catalog_codes: ["*"],
      allowed_chart_url_prefixes: [CHARTS],
      allowed_operations: ["Backup/*", "Upgrade/helm", "Restore/velero"],
      require_approval_for: ["Restore/*"],
      four_eyes: true,
    });
    const cluster = await register();
    instance = await odoo.create(INSTANCE, {
      name: "shop",
      namespace: "prod",
      cluster_id: cluster,
      catalog_code: "app",
      chart_version: "1.0.0",
    });
    approver = await colleague();
  }, 90_000);
  afterAll(() => gateway?.process.stop());

  async function register(): Promise<number> {
    const id = await odoo.create("vworkspace.cluster", {
      code: "c1",
      name: "C1",
    });
    const answer = await odoo.execute(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [[id]],
    );
    const { token: registrationToken } = tokenSchema.parse(answer);
    const reply = await agent("POST", "register", { registrationToken });
    token = tokenSchema.parse(await reply.json()).token;
    return id;
  }

  async function colleague(): Promise<OdooSession> {
    const id = await odoo.create("res.users", {
      login: "eve",
      name: "Eve",
      role: "approver",
    });
    const answer = await odoo.execute("res.users", "action_issue_api_key", [
      [id],
      "suite",
    ]);
    const { key } = z.looseObject({ key: z.string() }).parse(answer);
    return OdooSession.login(gateway.url, "eve", key);
  }

  function agent(method: string, path: string, body?: object) {
    return fetch(`${gateway.url}/api/agent/${path}`, {
      method,
      headers: {
        "content-type": AGENT_MEDIA_TYPE,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  /** The next object of that kind to apply; whatever is offered is done, as far as the agent's answer goes. */
  async function nextJob(kind: string): Promise<Job> {
    let found: Job | undefined;
    await eventually(async () => {
      const reply = await agent("GET", "jobs?cluster=c1&wait=1");
      for (const job of jobsSchema.parse(await reply.json()).jobs) {
        await agent("POST", `jobs/${job.id}/result`, {
          outcome: "succeeded",
          timestamp: new Date().toISOString(),
        });
        const apply = job.kind === "apply" ? applySchema.parse(job) : undefined;
        if (apply?.payload.kind === kind) found = apply;
      }
      return found !== undefined;
    });
    if (found === undefined) throw new Error(`There is no job for ${kind}.`);
    return found;
  }

  async function tell(
    job: Job,
    condition: { type: string; reason: string; message?: string },
    detail?: object,
  ): Promise<void> {
    second += 1;
    const reply = await agent("POST", "events", {
      events: [
        {
          kind: "ConditionTransition",
          resourceRef: {
            apiVersion: "ops.vworkspace.io/v1alpha1",
            kind: "Operation",
            namespace: "prod",
            name: job.payload.metadata.name,
            uid: `u-${job.payload.metadata.name}`,
            intentGeneration: Number(job.idempotencyKey.split("@")[1]),
          },
          conditions: [{ status: "True", message: "", ...condition }],
          timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
          ...(detail && { detail: { operation: detail } }),
        },
      ],
    });
    expect(reply.status).toBe(204);
  }

  async function read(model: string, id: number, ...fields: string[]) {
    const rows = await odoo.execute(model, "read", [[id], fields]);
    return z.array(z.looseObject({})).parse(rows)[0];
  }

  it("back up an instance whose manifest allows it, and show how old the backup is", async () => {
    const shop = await nextJob("ApplicationInstance");
    expect(shop.payload.metadata.annotations).toMatchObject({
      "ops.vworkspace.io/backup": "velero",
      "ops.vworkspace.io/upgrade": "helm",
    });
    const wanted = {
      instance_id: instance,
      type: "Backup",
      engine: "velero",
      parameters: { ttl: "72h" },
      external_ref: "so-1",
    };
    const id = await odoo.create(OPERATION, wanted);
    expect(await odoo.create(OPERATION, wanted)).toBe(id);
    const job = await nextJob("Operation");
    expect(job.payload.spec).toEqual({
      targetRef: {
        apiVersion: "apps.vworkspace.io/v1alpha1",
        kind: "ApplicationInstance",
        name: "shop",
      },
      type: "Backup",
      engine: "velero",
      parameters: { ttl: "72h" },
    });
    const started = { phase: "Running", startedAt: "2026-01-01T02:00:00Z" };
    const running = { type: "Running", reason: "EngineStarted" };
    await tell(job, { ...running, message: "3 of 9 items" }, started);
    expect(await read(OPERATION, id, "state", "progress")).toMatchObject({
      state: "running",
      progress: "3 of 9 items",
    });
    await tell(
      job,
      { type: "Succeeded", reason: "VeleroBackupCompleted" },
      { phase: "Succeeded", outputs: { backupName: "b-1" } },
    );
    expect(
      await read(
        OPERATION,
        id,
        "state",
        "reason",
        "outputs_json",
        "started_at",
      ),
    ).toMatchObject({
      state: "succeeded",
      reason: "VeleroBackupCompleted",
      outputs_json: '{"backupName": "b-1"}',
      started_at: "2026-01-01 02:00:00",
    });
    expect(
      await read(
        INSTANCE,
        instance,
        "last_backup_operation_id",
        "backup_age_seconds",
      ),
    ).toMatchObject({
      last_backup_operation_id: [id, job.payload.metadata.name],
      backup_age_seconds: expect.any(Number) as number,
    });
  });

  it("wait for an approver who is another person, and end when one says no", async () => {
    const wanted = {
      instance_id: instance,
      type: "Restore",
      engine: "velero",
      parameters_json: '{"backupName":"b-1"}',
    };
    const id = await odoo.create(OPERATION, wanted);
    expect((await nextJob("Operation")).payload.spec).toMatchObject({
      approvals: { required: true },
    });
    await expect(
      odoo.execute(OPERATION, "action_approve", [[id]]),
    ).rejects.toThrow("four_eyes");
    await expect(
      approver.execute(OPERATION, "create", [wanted]),
    ).rejects.toThrow("role approver may not call create");
    await approver.execute(OPERATION, "action_approve", [[id]]);
    expect(
      await read(OPERATION, id, "approval_state", "approved_by"),
    ).toMatchObject({
      approval_state: "approved",
      approved_by: [expect.any(Number), "Eve"],
    });
    const other = await odoo.create(OPERATION, wanted);
    await approver.execute(OPERATION, "action_reject", [[other], "not today"]);
    expect(await read(OPERATION, other, "state", "message")).toMatchObject({
      state: "cancelled",
      message: "not today",
    });
    await odoo.execute(OPERATION, "action_cancel", [[id]]);
    await expect(
      odoo.execute(OPERATION, "action_cancel", [[other]]),
    ).rejects.toThrow("it has ended");
    const again = await odoo.execute(OPERATION, "action_retry", [[other]]);
    expect(again).toMatchObject({
      name: expect.stringMatching(/^shop-restore-/) as string,
    });
  });

  it("upgrade through the instance's next generation once they run", async () => {
    const id = await odoo.create(OPERATION, {
      instance_id: instance,
      type: "Upgrade",
      engine: "helm",
      parameters: { targetVersion: "1.1.0" },
    });
    let job = await nextJob("Operation");
    while (!job.payload.metadata.name.startsWith("shop-upgrade-"))
      job = await nextJob("Operation");
    await tell(job, { type: "Running", reason: "EngineStarted" });
    const shop = await nextJob("ApplicationInstance");
    expect(shop.idempotencyKey).toBe("applicationinstance/prod/shop@2");
    expect(shop.payload.spec).toMatchObject({ chart: { version: "1.1.0" } });
    expect(await read(OPERATION, id, "instance_generation")).toMatchObject({
      instance_generation: 2,
    });
  });

  it("are refused with field, value and remedy, and change no more once they are there", async () => {
    const wanted = { instance_id: instance, type: "Backup", engine: "velero" };
    const refused = (more: object) =>
      expect(odoo.create(OPERATION, { ...wanted, ...more })).rejects;
    await refused({ parameters: { tll: "1h" } }).toThrow(
      "spec.parameters.tll is no parameter of the engine velero",
    );
    await refused({ engine: "magic" }).toThrow("engine");
    await refused({ type: "RunCommand", engine: "job" }).toThrow(
      "spec.parameters.image",
    );
    const id = await odoo.create(OPERATION, wanted);
    await expect(
      odoo.execute(OPERATION, "write", [[id], { engine: "snapshot" }]),
    ).rejects.toThrow("can't be changed");
    await odoo.execute(OPERATION, "write", [[id], { external_ref: "so-9" }]);
    await odoo.execute(OPERATION, "action_cancel", [[id]]);
  });

  it("are made by schedules, which say when the next one comes", async () => {
    const id = await odoo.create(SCHEDULE, {
      instance_id: instance,
      type: "Backup",
      engine: "velero",
      cron: "0 2 * * *",
      timezone: "Europe/Vienna",
      keep: 7,
    });
    const schedule = await read(SCHEDULE, id, "name", "next_run", "active");
    expect(schedule).toMatchObject({
      name: "shop-backup",
      next_run: expect.stringMatching(/ 0[01]:00:00$/) as string,
      active: true,
    });
    await expect(
      odoo.execute(SCHEDULE, "write", [[id], { cron: "soon" }]),
    ).rejects.toThrow('cron is "soon"');
    await odoo.execute(SCHEDULE, "unlink", [[id]]);
    const entry = await odoo.findOne(
      "vworkspace.audit.entry",
      [["action", "=", "schedule.unlink"]],
      z.looseObject({ subject: z.string() }),
      ["subject"],
    );
    expect(entry?.subject).toContain("shop-backup");
  });
});
