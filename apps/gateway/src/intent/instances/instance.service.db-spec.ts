import { canonicalJson } from "@vworkspace/contract";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  CATALOG_CODE,
  instanceOf,
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { SqlAuditStore } from "../../trust/audit/adapters/sql-audit-store";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { JobService } from "../../delivery/jobs/job.service";
import { CatalogService } from "../catalog/catalog.service";
import { PolicyService } from "../policies/policy.service";
import type { InstanceChanges } from "./domain/instance-request";
import { InstanceService } from "./instance.service";

describe("intent for application instances", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let instances: InstanceService;

  beforeAll(async () => {
    db = await openTestDatabase();
    instances = db.get(InstanceService);
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
  });

  const create = (changes = {}) => tenant.createInstance(cluster.id, changes);
  const write = (id: string, changes: InstanceChanges) =>
    tenant.in((stores) => instances.write(stores, tenant.actor, id, changes));
  const suspend = (id: string, suspended: boolean) =>
    tenant.in((stores) =>
      instances.suspend(stores, tenant.actor, id, suspended),
    );
  const remove = (id: string) =>
    tenant.in((stores) => instances.remove(stores, tenant.actor, id));
  const claim = () => db.get(JobService).claim(cluster.principal, false);
  const keys = async () =>
    (await claim()).map(({ idempotencyKey }) => idempotencyKey);
  const settle = async (outcome: "succeeded" | "failed" = "succeeded") => {
    const [job] = await claim();
    await db.get(JobService).settle(cluster.principal, job?.id ?? "", {
      outcome,
      ...(outcome === "failed" ? { error: "stuck" } : {}),
      timestamp: new Date().toISOString(),
    });
  };
  const states = async () => {
    const rows = await db.look<{ state: string }>(
      "select state from application_instances where cluster_id = $1 order by id",
      [cluster.id],
    );
    return rows.map(({ state }) => state);
  };
  const isRefused = (call: Promise<unknown>, code = "validation_failed") =>
    expect(call).rejects.toMatchObject({ code });

  describe("created", () => {
    beforeEach(() => tenant.allow());

    it("is on its way to the cluster as a whole manifest", async () => {
      await create({ values_json: '{"replicas":2}' });
      expect(await claim()).toMatchObject([
        {
          kind: "apply",
          payload: {
            apiVersion: "apps.vworkspace.io/v1alpha1",
            kind: "ApplicationInstance",
            metadata: {
              name: "shop",
              namespace: "prod",
              annotations: { "vworkspace.io/intent-generation": "1" },
            },
            spec: {
              mode: "managed",
              appRef: { catalogId: CATALOG_CODE },
              chart: { version: "1.0.0", sourceType: "oci" },
              values: { source: "inline", inline: { replicas: 2 } },
            },
          },
        },
      ]);
      expect(await states()).toEqual(["deploying"]);
    });

    it("again with equal arguments is the one that is there", async () => {
      const id = await create({ external_ref: "so/7" });
      expect(await create({ external_ref: "so/7" })).toBe(id);
      expect(await keys()).toEqual(["applicationinstance/prod/shop@1"]);
      await isRefused(create({ suspended: true }), "already_exists");
      await isRefused(
        create({ name: "other", external_ref: "so/7" }),
        "already_exists",
      );
    });

    it("is not taken for one of another external_ref", async () => {
      await create();
      await isRefused(create({ external_ref: "so/8" }), "already_exists");
    });

    it("by many at once is one", async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, () => create()));
      expect(new Set(ids).size).toBe(1);
      expect(await states()).toEqual(["deploying"]);
    });

    it("for a cluster that is revoked or of another organization is refused", async () => {
      const foreign = await (await TestTenant.make(db)).cluster();
      await isRefused(tenant.createInstance(foreign.id), "not_found");
      await db.look("update clusters set state = 'revoked' where id = $1", [
        cluster.id,
      ]);
      await isRefused(create());
    });

    it.each([
      ["name", { name: "Shop_1" }],
      ["namespace", { namespace: "a.b" }],
      ["chart_version", { chart_version: "latest" }],
      ["values_json", { values_json: "{" }],
      ["values_json", { values_json: "[]" }],
      [
        "values_json",
        { values_json: `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}` },
      ],
      ["values_json", { values_json: `{"a":"${"x".repeat(300_000)}"}` }],
      ["adminPassword", { values_json: '{"adminPassword":"hunter2"}' }],
      ["integrations", { integrations: { ingress: "\u0000" } }],
      [
        "spec.integrations.ingress.host",
        { integrations: { ingress: { enabled: true, className: "nginx" } } },
      ],
      [
        "spec.integrations.ingress.servicePort",
        {
          integrations: { ingress: { host: "a.example.com", servicePort: 0 } },
        },
      ],
      ["external_ref", { external_ref: "r".repeat(3000) }],
      ["external_ref", { external_ref: "\u0000" }],
      ["intent_version", { intent_version: 1.5 }],
      ["catalog_code", { catalogCode: "unknown" }],
    ])(
      "with a bad %s is refused with a sentence that names it",
      async (field, changes) => {
        const call = create(changes);
        await isRefused(call);
        await expect(call).rejects.toThrow(field);
        expect(await claim()).toEqual([]);
      },
    );

    it("with values that the catalog's schema refuses is refused", async () => {
      await tenant.in((stores) =>
        db.get(CatalogService).create(stores, tenant.actor, {
          code: "strict",
          name: "Strict",
          chart_url: "oci://charts.example.com/apps",
          chart_name: "strict",
          recommended_version: "1.0.0",
          values_schema: {
            type: "object",
            properties: { replicas: { type: "integer", maximum: 3 } },
          },
        }),
      );
      const call = create({
        catalogCode: "strict",
        values_json: '{"replicas":9}',
      });
      await expect(call).rejects.toThrow("values.replicas");
    });
  });

  describe("written", () => {
    let id: string;

    beforeEach(async () => {
      await tenant.allow();
      id = await create({ intent_version: 5 });
    });

    it("is deployed again under the next generation", async () => {
      await write(id, { values_json: '{"replicas":3}' });
      expect(await keys()).toEqual(["applicationinstance/prod/shop@2"]);
    });

    it("issues nothing where nothing changes", async () => {
      await write(id, { values_json: "{}", chart_version: "1.0.0" });
      expect(await keys()).toEqual(["applicationinstance/prod/shop@1"]);
    });

    it("changes nothing where its intent_version isn't newer", async () => {
      for (const intent_version of [4, 5])
        await write(id, { intent_version, suspended: true });
      expect(await keys()).toEqual(["applicationinstance/prod/shop@1"]);
      await write(id, { intent_version: 6, suspended: true });
      expect(await keys()).toEqual(["applicationinstance/prod/shop@2"]);
    });

    it("keeps its name and namespace", async () => {
      await isRefused(write(id, { name: "other" }));
      await isRefused(write(id, { namespace: "other" }));
    });

    it("by many at once keeps one order of generations", async () => {
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          write(id, { values_json: `{"replicas":${index + 10}}` }),
        ),
      );
      expect(await keys()).toEqual(["applicationinstance/prod/shop@9"]);
      const [row] = await db.look<{ same: boolean }>(
        "select d.payload::jsonb #>> '{spec,values,inline}' = i.values_json::jsonb::text and d.generation = i.generation as same from desired_objects d join application_instances i using (cluster_id) where cluster_id = $1",
        [cluster.id],
      );
      expect(row).toEqual({ same: true });
    });

    it("is suspended and resumed once each", async () => {
      await suspend(id, true);
      await suspend(id, true);
      expect(await claim()).toMatchObject([
        { payload: { spec: { suspend: true } } },
      ]);
      await suspend(id, false);
      expect(await keys()).toEqual(["applicationinstance/prod/shop@3"]);
      const actions = await tenant.auditActions();
      expect(actions.filter((action) => /suspend|resume/.test(action))).toEqual(
        ["instance.suspend", "instance.resume"],
      );
    });

    it("does not deadlock with its cluster's results", async () => {
      for (let round = 0; round < 8; round += 1) {
        await Promise.all([
          write(id, { values_json: `{"round":${round}}` }),
          create({ intent_version: 5 }).catch(() => undefined),
          settle().catch(() => undefined),
        ]);
      }
      expect(await states()).toEqual(["deploying"]);
    });
  });

  describe("deleted", () => {
    let id: string;

    beforeEach(async () => {
      await tenant.allow();
      id = await create();
      await settle();
    });

    it("stays as deleting until the cluster confirms it", async () => {
      await remove(id);
      await remove(id);
      expect(await claim()).toMatchObject([
        { kind: "delete", payload: { name: "shop", namespace: "prod" } },
      ]);
      expect(await states()).toEqual(["deleting"]);
      await settle();
      expect(await states()).toEqual(["deleted"]);
      expect(await tenant.auditActions()).toContain("instance.deleted");
    });

    it("stays as deleting when the cluster failed at it, and is asked for again", async () => {
      await remove(id);
      await settle("failed");
      expect(await states()).toEqual(["deleting"]);
      expect(
        await db.look(
          "select 1 as due from desired_objects where cluster_id = $1 and reissue_at is not null",
          [cluster.id],
        ),
      ).toEqual([{ due: 1 }]);
    });

    it("takes no changes any more", async () => {
      await remove(id);
      await isRefused(write(id, { suspended: true }));
      await isRefused(suspend(id, true));
    });

    it("leaves its name to a newcomer, whose delivery waits for the end of the old one", async () => {
      await remove(id);
      const next = await create({ values_json: '{"next":true}' });
      expect(next).not.toBe(id);
      expect(await keys()).toEqual(["applicationinstance/prod/shop@2"]);
      await settle();
      expect(await states()).toEqual(["deleted", "deploying"]);
      expect(await claim()).toMatchObject([
        {
          kind: "apply",
          idempotencyKey: "applicationinstance/prod/shop@3",
          payload: { spec: { values: { inline: { next: true } } } },
        },
      ]);
    });
  });

  describe("under policy", () => {
    it("is refused where there is none", async () => {
      await tenant.in((stores) =>
        db.get(CatalogService).create(stores, tenant.actor, {
          code: CATALOG_CODE,
          name: "Shop",
          chart_url: "oci://charts.example.com/apps",
          chart_name: "shop",
          recommended_version: "1.0.0",
        }),
      );
      await expect(create()).rejects.toMatchObject({
        code: "policy_denied",
        details: { rule: "no_policy" },
      });
    });

    it("is refused with the rule and the value, at a write too", async () => {
      await tenant.allow({
        allowed_namespaces: ["prod"],
        version_constraint: "<2.0.0",
      });
      await expect(create({ namespace: "test" })).rejects.toMatchObject({
        code: "policy_denied",
        details: {
          policy: "Everything",
          rule: "allowed_namespaces",
          value: "test",
        },
      });
      const id = await create();
      await expect(write(id, { chart_version: "2.0.0" })).rejects.toMatchObject(
        { details: { rule: "version_constraint" } },
      );
    });

    it("has to be let through by the cluster's own policy besides", async () => {
      await tenant.allow();
      await tenant.in((stores) =>
        db.get(PolicyService).create(stores, tenant.actor, {
          name: "Here",
          cluster_id: cluster.id,
          allowed_namespaces: ["test-*"],
          allowed_catalog_codes: ["*"],
          allowed_chart_url_prefixes: ["oci://charts.example.com"],
        }),
      );
      await expect(create()).rejects.toMatchObject({
        details: { policy: "Here" },
      });
      await create({ namespace: "test-1" });
    });

    it("never exceeds the limit of instances, whoever creates at once", async () => {
      await tenant.allow({ max_instances: 4 });
      const answers = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          create({ name: `shop-${index}` }),
        ),
      );
      const lost = answers.filter((answer) => answer.status === "rejected");
      expect(await states()).toHaveLength(4);
      expect(lost).toHaveLength(6);
      for (const { reason } of lost)
        expect(reason).toMatchObject({
          code: "policy_denied",
          details: { rule: "max_instances", value: "4" },
        });
      expect(await create({ name: (await firstName()) ?? "" })).toBeDefined();
    });

    it("counts what is being deleted until it is gone", async () => {
      await tenant.allow({ max_instances: 1 });
      const id = await create();
      await settle();
      await remove(id);
      await isRefused(create({ name: "other" }), "policy_denied");
      await settle();
      await create({ name: "other" });
    });

    const firstName = async () =>
      (
        await db.look<{ name: string }>(
          "select name from application_instances where cluster_id = $1 limit 1",
          [cluster.id],
        )
      )[0]?.name;
  });

  describe("as evidence", () => {
    beforeEach(() => tenant.allow());

    it("has an entry for every change, with who did it and the generation", async () => {
      const id = await create();
      await write(id, { suspended: true });
      await remove(id);
      const entries = (await tenant.audit()).filter(
        ({ subject }) => subject.type === "application.instance",
      );
      expect(
        entries.map(({ action, detail }) => [
          action,
          detail["generation"],
          detail["state"],
        ]),
      ).toEqual([
        ["instance.create", 1, "deploying"],
        ["instance.write", 2, "deploying"],
        ["instance.delete", 3, "deleting"],
      ]);
    });

    it("is not there without the change, nor the change without it", async () => {
      const before = (await tenant.audit()).length;
      const failing = tenant.in(async (stores) => {
        await instances.create(stores, tenant.actor, instanceOf(cluster.id));
        throw new Error("the power fails");
      });
      await expect(failing).rejects.toThrow("the power fails");
      db.bindings.bind(AuditStore, BrokenAuditStore);
      try {
        await expect(create()).rejects.toThrow("the audit log is full");
      } finally {
        db.bindings.bind(AuditStore, SqlAuditStore);
      }
      expect(await tenant.audit()).toHaveLength(before);
      expect(await states()).toEqual([]);
      expect(await claim()).toEqual([]);
    });

    it("stands in canonical bytes that hold no login and no value", async () => {
      await create({ values_json: '{"motto":"open sesame"}' });
      const rows = await db.look<{ leaf: Buffer }>(
        "select leaf from audit_queue where organization_id = $1",
        [tenant.organizationId],
      );
      expect(rows.length).toBeGreaterThan(3);
      for (const { leaf } of rows) {
        const text = leaf.toString("utf8");
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        for (const secret of [tenant.actor.name, "open sesame", "vwr_"])
          expect(text).not.toContain(secret);
      }
    });

    it("names a person by a hash that means nobody once the salt is erased", async () => {
      await create();
      const [person] = await db.look<{ salt: Buffer }>(
        "delete from audit_people where organization_id = $1 returning salt",
        [tenant.organizationId],
      );
      expect(person?.salt).toHaveLength(16);
      const before = (await tenant.audit()).at(-1)?.actor["login_hash"];
      await create({ name: "other" });
      const after = (await tenant.audit()).at(-1)?.actor["login_hash"];
      expect(before).toBeDefined();
      expect(after).not.toBe(before);
    });
  });
});

class BrokenAuditStore extends AuditStore {
  override append(): Promise<void> {
    return Promise.reject(new Error("the audit log is full"));
  }
}
