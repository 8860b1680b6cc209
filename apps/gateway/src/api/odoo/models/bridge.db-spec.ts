import type { RpcStruct, RpcValue } from "@vworkspace/odoo-rpc";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../../test/db/open-test-database";
import { TestOdoo } from "../../../../../../test/db/test-odoo";
import { TestOperations } from "../../../../../../test/db/test-operations";
import { CATALOG_CODE } from "../../../../../../test/db/test-tenant";
import { RecordStore } from "../../../database/records/record-store";
import { SqlRecordStore } from "../../../database/records/sql-record-store";
import { CatalogService } from "../../../intent/catalog/catalog.service";
import { InstanceService } from "../../../intent/instances/instance.service";
import { MutationService } from "../../../intent/mutations/mutation.service";
import { OperationService } from "../../../intent/operations/operation.service";
import { PolicyService } from "../../../intent/policies/policy.service";
import { AdoptionService } from "../../../observed/odoo-sync/adoption.service";
import { ComparisonService } from "../../../observed/odoo-sync/comparison.service";
import { OdooDatabaseService } from "../../../observed/odoo-sync/odoo-database.service";
import type { UserActor } from "../../../trust/identity/domain/actor";
import { ReadMethods } from "../methods/read.methods";
import { WriteMethods } from "../methods/write.methods";
import { BridgeGuard } from "../registry/bridge-guard";
import type { ModelRegistry } from "../registry/model-registry";
import { ApplicationInstanceChanges } from "./application-instance.changes";
import { CatalogEntryChanges } from "./catalog-entry.changes";
import { makeRegistry } from "./make-registry";
import { OdooDatabaseChanges } from "./odoo-database.changes";
import { OperationChanges } from "./operation.changes";
import { PolicyChanges } from "./policy.changes";

const INSTANCE = "vworkspace.application.instance";
const OPERATION = "vworkspace.operation";
const CATALOG = "vworkspace.catalog.entry";
const POLICY = "vworkspace.policy";
const DATABASE = "vworkspace.odoo.database";

describe("a bridge", () => {
  let db: TestDatabase;
  let operations: TestOperations;
  let odoo: TestOdoo;
  let registry: ModelRegistry;

  beforeAll(async () => {
    db = await openTestDatabase();
    db.bindings.bind(RecordStore, SqlRecordStore);
    registry = registryOn(db);
  });
  afterAll(() => db?.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    await operations.tenant.allow({
      allowed_operations: ["*/*"],
      require_approval_for: ["Restore/*"],
    });
    odoo = await TestOdoo.pair(db, operations.tenant);
  });

  const callAs = (
    actor: UserActor,
    [model, method]: readonly [string, string],
    named: RpcStruct,
    context: RpcStruct = { database_uuid: odoo.databaseUuid },
  ) =>
    registry.call(actor, {
      model,
      method,
      positional: [],
      keywords: { ...named, context },
      wire: "json",
    });
  const call = (model: string, method: string, named: RpcStruct) =>
    callAs(odoo.actor, [model, method], named);
  const upsert = async (model: string, vals: RpcStruct) => {
    const answers = await call(model, "upsert", { vals_list: [vals] });
    return (answers as RpcStruct[])[0] ?? {};
  };
  const shop = (version: number, more: RpcStruct = {}): RpcStruct => ({
    external_ref: "shop-1",
    intent_version: version,
    name: "shop",
    namespace: "prod",
    cluster_id: operations.cluster.code,
    catalog_code: CATALOG_CODE,
    values_json: '{"size":1}',
    ...more,
  });

  describe("of which a database_uuid is known", () => {
    const attempts = () => [
      { database_uuid: "00000000-0000-4000-8000-000000000000" },
      {},
    ];

    it("is let in by that one only, whatever it calls", async () => {
      for (const context of attempts())
        for (const method of [
          [INSTANCE, "search"],
          [INSTANCE, "upsert"],
          [DATABASE, "status"],
          ["res.users", "context_get"],
        ] as const)
          await expect(
            callAs(odoo.actor, method, {}, context),
          ).rejects.toMatchObject({
            code: "forbidden",
            message: expect.stringContaining("another Odoo database") as string,
          });
      expect(await call(DATABASE, "status", {})).toMatchObject({
        state: "paired",
      });
    });

    it("may only ask for its status while it is disabled", async () => {
      await operations.tenant.in((stores) =>
        db
          .get(OdooDatabaseService)
          .disable(stores, operations.tenant.actor, odoo.databaseId),
      );
      await expect(call(INSTANCE, "search", {})).rejects.toThrow(/disabled/);
      expect(await call(DATABASE, "status", {})).toMatchObject({
        state: "disabled",
        backlog: 0,
      });
    });
  });

  describe("that upserts an instance", () => {
    it("makes it, and changes it by a higher version only", async () => {
      const made = await upsert(INSTANCE, shop(1));
      expect(made).toMatchObject({
        external_ref: "shop-1",
        intent_version: 1,
        generation: 1,
        state: "deploying",
      });
      const larger = { values_json: '{"size":2}' };
      expect(await upsert(INSTANCE, shop(1, larger))).toEqual(made);
      expect(await upsert(INSTANCE, shop(2, larger))).toEqual({
        ...made,
        intent_version: 2,
        generation: 2,
      });
      expect(await upsert(INSTANCE, shop(1))).toMatchObject({
        intent_version: 2,
        generation: 2,
      });
      const [row] = await db.look(
        "select values_json, origin from application_instances where external_ref = 'shop-1' and organization_id = $1",
        [operations.tenant.organizationId],
      );
      expect(row).toEqual({ values_json: '{"size":2}', origin: "odoo" });
    });

    it("answers a repeat of its request_id with the first answer", async () => {
      const named = { vals_list: [shop(1)], request_id: "r-1" };
      const first = await call(INSTANCE, "upsert", named);
      expect(await call(INSTANCE, "upsert", named)).toEqual(first);
    });

    it("takes over no record that was made elsewhere without a word", async () => {
      await operations.tenant.createInstance(operations.cluster.id);
      await expect(upsert(INSTANCE, shop(1))).rejects.toMatchObject({
        code: "already_exists",
      });
    });

    it.each([
      [{ cluster_id: "nowhere" }, /no vworkspace.cluster of that code/],
      [{ external_ref: "" }, /external_ref is missing/],
      [{ intent_version: "2" }, /intent_version is missing/],
      [{ nonsense: 1 }, /has no field nonsense/],
    ])("is told what is wrong with %j", async (wrong, why) => {
      await expect(upsert(INSTANCE, shop(1, wrong))).rejects.toThrow(why);
    });

    it("removes it by a higher version, once", async () => {
      await upsert(INSTANCE, shop(3));
      const remove = (external_ref: string, intent_version: number) =>
        call(INSTANCE, "remove", { external_ref, intent_version });
      expect(await remove("shop-1", 3)).toMatchObject({ state: "deploying" });
      const removed = await remove("shop-1", 4);
      expect(removed).toMatchObject({ state: "deleting", intent_version: 4 });
      expect(await remove("shop-1", 4)).toEqual(removed);
      expect(await remove("none", 1)).toEqual({
        external_ref: "none",
        state: "absent",
      });
    });
  });

  it("upserts catalog entries and policies", async () => {
    const entry = {
      external_ref: "entry-1",
      intent_version: 1,
      code: "wiki",
      name: "Wiki",
      chart_url: "oci://charts.example.com/apps",
      chart_name: "wiki",
    };
    expect(await upsert(CATALOG, entry)).toMatchObject({ intent_version: 1 });
    await upsert(CATALOG, { ...entry, intent_version: 2, name: "Wiki 2" });
    await upsert(CATALOG, { ...entry, intent_version: 2, name: "Wiki 3" });
    const policy = {
      external_ref: "policy-1",
      intent_version: 1,
      name: "Of the cluster",
      cluster_id: operations.cluster.code,
      max_instances: 3,
    };
    await upsert(POLICY, policy);
    await upsert(POLICY, { ...policy, intent_version: 5, max_instances: 4 });
    const rows = await db.look(
      `select name, intent_version, max_instances from policies where external_ref = 'policy-1' and organization_id = $1
       union all select name, intent_version, null from catalog_entries where external_ref = 'entry-1' and organization_id = $1`,
      [operations.tenant.organizationId],
    );
    expect(rows).toEqual([
      { name: "Of the cluster", intent_version: "5", max_instances: 4 },
      { name: "Wiki 2", intent_version: "2", max_instances: null },
    ]);
  });

  it("removes a policy by a tombstone above what is known, and nothing by an older one", async () => {
    const ref = { external_ref: "policy-2" };
    const scope = {
      name: "Of the cluster",
      cluster_id: operations.cluster.code,
    };
    await upsert(POLICY, { ...ref, intent_version: 3, ...scope });
    const remove = (version: number) =>
      call(POLICY, "remove", { ...ref, intent_version: version });
    expect(await remove(2)).toMatchObject({ ...ref, intent_version: 3 });
    expect(await remove(4)).toMatchObject({ ...ref, id: false });
    expect(await remove(4)).toEqual({ ...ref, state: "absent" });
    const entries = await db.look(
      `select convert_from(leaf, 'UTF8')::jsonb ->> 'action' as action from audit_queue
       where organization_id = $1 and convert_from(leaf, 'UTF8') like '%"Of the cluster"%' order by id`,
      [operations.tenant.organizationId],
    );
    expect(entries).toEqual([
      { action: "policy.create" },
      { action: "policy.unlink" },
    ]);
  });

  it("takes away no policy by which admins confirm agents that register", async () => {
    const ref = { external_ref: "policy-3" };
    await upsert(POLICY, {
      ...ref,
      intent_version: 1,
      name: "Confirmed",
      cluster_id: operations.cluster.code,
      confirm_registration: true,
    });
    await expect(
      call(POLICY, "remove", { ...ref, intent_version: 2 }),
    ).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("confirm_registration") as string,
    });
  });

  describe("that upserts an operation", () => {
    const restore = (version = 1): RpcStruct => ({
      external_ref: "op-1",
      intent_version: version,
      instance_id: "shop-1",
      type: "Restore",
      engine: "velero",
      parameters_json: '{"backupName":"b"}',
    });

    it("makes it once, for an instance that it names as it does", async () => {
      await upsert(INSTANCE, shop(1));
      const made = await upsert(OPERATION, restore());
      expect(made).toMatchObject({ state: "awaiting_approval" });
      expect(await upsert(OPERATION, restore(2))).toEqual({
        ...made,
        intent_version: 2,
      });
    });

    it("may say a decision again", async () => {
      await upsert(INSTANCE, shop(1));
      const asking = { on_behalf_of: { odoo_uid: 8, login: "worker" } };
      const [made] = (await callAs(
        odoo.actor,
        [OPERATION, "upsert"],
        { vals_list: [restore()] },
        { database_uuid: odoo.databaseUuid, ...asking },
      )) as [RpcStruct];
      const { id = 0 } = made;
      await db.look(
        "update organizations set approval_trust = 'odoo' where id = $1",
        [operations.tenant.organizationId],
      );
      const decide = (method: string) =>
        callAs(
          odoo.actor,
          [OPERATION, method],
          { ids: [id] },
          {
            database_uuid: odoo.databaseUuid,
            on_behalf_of: { odoo_uid: 9, login: "boss" },
          },
        );
      await decide("action_approve");
      await decide("action_approve");
      await decide("action_cancel");
      await decide("action_cancel");
      await expect(decide("action_reject")).rejects.toThrow();
    });
  });

  it("is known to admins with what it has yet to be told, and to itself alone else", async () => {
    await upsert(INSTANCE, shop(1));
    const fields = ["name", "state", "backlog", "oldest_waiting_at", "user_id"];
    const { actor } = operations.tenant;
    const seen = await callAs(actor, [DATABASE, "search_read"], { fields }, {});
    expect(seen).toMatchObject([
      {
        state: "paired",
        backlog: expect.any(Number) as number,
        user_id: [odoo.actor.number, expect.any(String)],
      },
    ]);
    expect(JSON.stringify(seen)).not.toContain("key");
    const other = await TestOdoo.pair(db, operations.tenant);
    const own = await registry.call(other.actor, {
      model: DATABASE,
      method: "search_count",
      positional: [],
      keywords: { context: { database_uuid: other.databaseUuid } },
      wire: "json",
    });
    expect(own).toBe(1);
  });

  it("is paired, enabled and undone by an admin's calls", async () => {
    const { actor } = operations.tenant;
    const admin = (method: string, named: RpcStruct) =>
      callAs(actor, [DATABASE, method], named, {});
    const id = await admin("create", {
      vals_list: { name: "Second", protocol: "xmlrpc" },
    });
    const ids: RpcValue = [id as number];
    const issued = await admin("action_issue_pairing_code", { ids });
    expect(issued).toEqual({
      code: expect.stringMatching(/^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$/) as string,
      expires_at: expect.stringMatching(/^\d{4}-/) as string,
    });
    await admin("write", { ids, vals: { name: "Third", protocol: "auto" } });
    for (const order of ["action_disable", "action_enable", "action_unpair"])
      expect(await admin(order, { ids })).toBeUndefined();
    const read = await admin("read", { ids, fields: ["name", "state"] });
    expect(read).toEqual([{ id, name: "Third", state: "new" }]);
  });
});

function registryOn(db: TestDatabase): ModelRegistry {
  const mutations = db.get(MutationService);
  const databases = db.get(OdooDatabaseService);
  const guard = new BridgeGuard(db.unitOfWork, databases);
  return makeRegistry(
    {
      disconnectAfterSeconds: 120,
      publicUrl: () => "",
      admit: guard.admit,
    },
    new ReadMethods(db.unitOfWork),
    new WriteMethods(mutations),
    {
      organization: {},
      cluster: {},
      catalogEntry: new CatalogEntryChanges(db.get(CatalogService)),
      policy: new PolicyChanges(db.get(PolicyService)),
      applicationInstance: new ApplicationInstanceChanges(
        db.get(InstanceService),
      ),
      operation: new OperationChanges(db.get(OperationService)),
      operationSchedule: {},
      operationSequence: {},
      apiKey: {},
      userSession: {},
      users: {},
      odooDatabase: new OdooDatabaseChanges(
        databases,
        db.get(ComparisonService),
        db.get(AdoptionService),
        mutations,
      ),
    },
  );
}
