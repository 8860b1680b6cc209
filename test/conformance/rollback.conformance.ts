import { z } from "zod";
import { GatewayProcess } from "./gateway-process";
import { OdooSession } from "./odoo-session";

const KEY = "e".repeat(64);
const INSTANCE = "vworkspace.application.instance";
const CHARTS = "https://charts.example.com";

const tokenSchema = z.looseObject({ token: z.string() });
const jobsSchema = z.object({
  jobs: z.array(
    z.object({
      idempotencyKey: z.string(),
      payload: z.object({
        metadata: z.object({
          annotations: z.record(z.string(), z.string()),
        }),
        spec: z.looseObject({ chart: z.looseObject({ version: z.string() }) }),
      }),
    }),
  ),
});

describe("An instance that is rolled back over the API", () => {
  let gateway: { process: GatewayProcess; url: string };
  let odoo: OdooSession;
  let cluster: { id: number; token: string };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      VWORKSPACE_BOOTSTRAP_ADMIN: `suite:${KEY}`,
    });
    odoo = await OdooSession.login(gateway.url, "suite", KEY);
    await odoo.create("vworkspace.catalog.entry", {
      code: "app",
      name: "App",
      chart_source_type: "helm",
      chart_url: CHARTS,
      chart_name: "app",
    });
    await odoo.create("vworkspace.policy", {
      name: "suite",
      allowed_namespaces: ["*"],
      allowed_catalog_codes: ["*"],
      allowed_chart_url_prefixes: [CHARTS],
    });
    cluster = await registered();
  }, 90_000);
  afterAll(() => gateway?.process.stop());

  async function registered() {
    const id = await odoo.create("vworkspace.cluster", {
      code: "c1",
      name: "C1",
    });
    const answer = await odoo.execute(
      "vworkspace.cluster",
      "action_issue_registration_token",
      [[id]],
    );
    const { token } = tokenSchema.parse(answer);
    const reply = await fetch(`${gateway.url}/api/agent/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ registrationToken: token }),
    });
    return { id, ...tokenSchema.parse(await reply.json()) };
  }

  /** The job that its agent is offered. */
  async function offered() {
    const url = `${gateway.url}/api/agent/jobs?cluster=c1&wait=0&resume=true`;
    const reply = await fetch(url, {
      headers: { authorization: `Bearer ${cluster.token}` },
    });
    return jobsSchema.parse(await reply.json()).jobs[0];
  }

  it("is delivered as it was, under a new generation, naming who asked, and refused where there is no way back", async () => {
    const id = await odoo.create(INSTANCE, {
      name: "shop",
      namespace: "prod",
      cluster_id: cluster.id,
      catalog_code: "app",
      chart_version: "1.0.0",
    });
    await expect(
      odoo.execute(INSTANCE, "action_rollback", [[id]]),
    ).rejects.toThrow("nothing to go back to");
    for (const chart_version of ["1.1.0", "1.2.0"])
      await odoo.execute(INSTANCE, "write", [[id], { chart_version }]);
    await odoo.execute(INSTANCE, "action_rollback", [[id]]);
    const back = await offered();
    expect(back?.idempotencyKey).toBe("applicationinstance/prod/shop@4");
    expect(back?.payload.spec.chart.version).toBe("1.1.0");
    const { annotations } = back?.payload.metadata ?? {};
    expect(annotations?.["vworkspace.io/requested-by"]).toMatch(/^user\//);
    await odoo.execute(INSTANCE, "action_rollback", [[id], 1]);
    expect((await offered())?.payload.spec.chart.version).toBe("1.0.0");
    await expect(
      odoo.execute(INSTANCE, "action_rollback", [[id], "one"]),
    ).rejects.toThrow('generation is "one"');
    const entry = await odoo.findOne(
      "vworkspace.audit.entry",
      [["action", "=", "instance.rollback"]],
      z.looseObject({ subject: z.string() }),
      ["subject"],
    );
    expect(entry?.subject).toContain("prod/shop");
  });
});
