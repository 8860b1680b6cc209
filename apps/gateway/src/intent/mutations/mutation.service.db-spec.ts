import { DomainError } from "@vworkspace/kernel";
import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import {
  instanceOf,
  type TestCluster,
  TestTenant,
} from "../../../../../test/db/test-tenant";
import { InstanceService } from "../instances/instance.service";
import { MutationService } from "./mutation.service";

describe("changes with a request id", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let cluster: TestCluster;
  let runs: number;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    runs = 0;
    tenant = await TestTenant.make(db);
    cluster = await tenant.cluster();
  });

  const run = (requestId: string | undefined, call: unknown = { a: 1 }) =>
    db
      .get(MutationService)
      .run(tenant.actor, { method: "m.write", call, requestId }, () => {
        runs += 1;
        return Promise.resolve([runs]);
      });

  it("give the first answer again, however often they come", async () => {
    expect(await run("r-1")).toEqual([1]);
    expect(await run("r-1")).toEqual([1]);
    expect(await run("r-1", { a: 1 })).toEqual([1]);
    expect(runs).toBe(1);
  });

  it("run once when they come at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => run("r-1")),
    );
    expect(answers).toEqual(Array.from({ length: 8 }, () => [1]));
    expect(runs).toBe(1);
  });

  it("are refused with other arguments", async () => {
    await run("r-1");
    await expect(run("r-1", { a: 2 })).rejects.toMatchObject({
      code: "validation_failed",
      message: expect.stringContaining('request_id "r-1"') as string,
    });
    expect(runs).toBe(1);
  });

  it("are each user's own", async () => {
    await run("r-1");
    tenant = await TestTenant.make(db);
    expect(await run("r-1")).toEqual([2]);
  });

  it("run each time without one", async () => {
    await run(undefined);
    expect(await run(undefined)).toEqual([2]);
  });

  it("may be tried again after they failed, since nothing of them was kept", async () => {
    const failing = db
      .get(MutationService)
      .run(
        tenant.actor,
        { method: "m.write", call: {}, requestId: "r-1" },
        () => Promise.reject(new DomainError("validation_failed", "no")),
      );
    await expect(failing).rejects.toThrow("no");
    expect(await run("r-1", {})).toEqual([1]);
  });

  it.each(["", "x".repeat(129), "a\u0000", "\udc00"])(
    "are refused when the id is %p",
    async (requestId) => {
      await expect(run(requestId)).rejects.toMatchObject({
        code: "validation_failed",
      });
    },
  );

  it("leave evidence when policy refuses them, and change nothing", async () => {
    await tenant.allow({ allowed_namespaces: ["prod"] });
    const before = await tenant.audit();
    const refused = db
      .get(MutationService)
      .run(
        tenant.actor,
        { method: "instance.create", call: {}, requestId: "r-1" },
        (stores) =>
          db
            .get(InstanceService)
            .create(
              stores,
              tenant.actor,
              instanceOf(cluster.id, { namespace: "test" }),
            ),
      );
    await expect(refused).rejects.toMatchObject({ code: "policy_denied" });
    const after = await tenant.audit();
    expect(after.slice(before.length)).toMatchObject([
      {
        action: "policy.refuse",
        subject: { type: "call", id: "instance.create" },
        detail: { rule: "allowed_namespaces", value: "test" },
      },
    ]);
    expect(
      await db.look(
        "select 1 from request_replays where organization_id = $1",
        [tenant.organizationId],
      ),
    ).toEqual([]);
  });
});
