import {
  openTestDatabase,
  type TestDatabase,
} from "../../../../../test/db/open-test-database";
import { TestOperations } from "../../../../../test/db/test-operations";
import type { TestTenant } from "../../../../../test/db/test-tenant";
import { InstanceService } from "../instances/instance.service";
import { OperationUpkeepService } from "./operation-upkeep.service";
import { type CreateSchedule, ScheduleService } from "./schedule.service";

interface Row {
  readonly active: boolean;
  readonly next: Date | null;
  readonly last: Date | null;
  readonly problem: string;
  readonly missed: number;
  readonly skipped: number;
}

describe("schedules of operations", () => {
  let db: TestDatabase;
  let tenant: TestTenant;
  let operations: TestOperations;
  let instance: string;

  beforeAll(async () => {
    db = await openTestDatabase();
  });

  afterAll(() => db.stop());

  beforeEach(async () => {
    operations = await TestOperations.make(db);
    ({ tenant } = operations);
    instance = await operations.instance();
  });

  const create = (more: Partial<CreateSchedule> = {}) =>
    tenant.in((stores) =>
      db.get(ScheduleService).create(stores, tenant.actor, {
        instanceId: instance,
        type: "Backup",
        engine: "velero",
        cron: "0 * * * *",
        ...more,
      }),
    );
  const write = (id: string, changes: Partial<CreateSchedule>) =>
    tenant.in((stores) =>
      db.get(ScheduleService).write(stores, tenant.actor, id, changes),
    );
  const sweep = () => db.get(OperationUpkeepService).sweep();
  const look = async (id: string): Promise<Row> => {
    const [row] = await db.look<Row>(
      `select active, next_run as next, last_run as last, last_problem as problem, missed_count as missed, skipped_count as skipped
       from operation_schedules where id = $1`,
      [id],
    );
    if (!row) throw new Error("There is no such schedule.");
    return row;
  };
  /** As if the hour that comes had come so many hours ago. */
  const passHours = (id: string, hours: number) =>
    db.look(
      "update operation_schedules set next_run = date_trunc('hour', now()) - make_interval(hours => $2) where id = $1",
      [id, hours - 1],
    );
  const end = async (id: string) =>
    operations.tell(id, ["Succeeded True EngineCompleted"]);

  it("make one operation at a due time, whichever replica comes first, for whoever made the schedule", async () => {
    const id = await create({ parameters_json: '{"ttl":"72h"}' });
    await sweep();
    expect(await operations.rows()).toEqual([]);
    await passHours(id, 1);
    const due = (await look(id)).next;
    const other = await db.openReplica();
    await Promise.all([
      sweep(),
      other.get(OperationUpkeepService).sweep(),
      sweep(),
    ]);
    await other.close();
    const rows = await db.look(
      "select schedule_id, due_at, parameters_json, requested_by from operations where schedule_id = $1",
      [id],
    );
    expect(rows).toEqual([
      {
        schedule_id: id,
        due_at: due,
        parameters_json: '{"ttl":"72h"}',
        requested_by: tenant.actor.id,
      },
    ]);
    const after = await look(id);
    expect(after).toMatchObject({ last: due, missed: 0, problem: "" });
    expect(after.next?.getTime()).toBe((due?.getTime() ?? 0) + 3_600_000);
    expect(await tenant.auditActions()).toEqual(
      expect.arrayContaining(["schedule.create", "schedule.run"]),
    );
  });

  it("make one operation for all that was missed, and count it", async () => {
    const id = await create();
    await passHours(id, 5);
    await sweep();
    await sweep();
    expect(await operations.rows()).toHaveLength(1);
    const { missed, last } = await look(id);
    expect(missed).toBe(4);
    const [row] = await db.look<{ newest: Date }>(
      "select date_trunc('hour', now()) as newest",
    );
    expect(last).toEqual(row?.newest);
  });

  it("skip a due time while the operation before is under way, and say so", async () => {
    const id = await create();
    await passHours(id, 1);
    await sweep();
    const [first] = await operations.rows();
    await passHours(id, 1);
    await sweep();
    expect(await operations.rows()).toHaveLength(1);
    expect(await look(id)).toMatchObject({
      skipped: 1,
      problem: expect.stringContaining(
        `operation ${first?.name} is still under way`,
      ) as string,
    });
    expect(await tenant.auditActions()).toContain("schedule.skip");
    await end(first?.id ?? "");
    await db.look(
      "update operations set due_at = due_at - interval '1 day' where schedule_id = $1",
      [id],
    );
    await passHours(id, 1);
    await sweep();
    expect(await operations.rows()).toHaveLength(2);
    expect((await look(id)).problem).toBe("");
  });

  it("go on after a refusal, which they show", async () => {
    const id = await create();
    await db.look(
      `update policies set allowed_operations = '["Restore/*"]' where organization_id = $1`,
      [tenant.organizationId],
    );
    await passHours(id, 1);
    await sweep();
    expect(await operations.rows()).toEqual([]);
    const row = await look(id);
    expect(row).toMatchObject({ active: true, last: null });
    expect(row.problem).toContain("allowed_operations");
    expect(row.next?.getTime()).toBeGreaterThan(Date.now());
    expect(await tenant.auditActions()).toContain("schedule.refuse");
  });

  it("stop when the instance is removed", async () => {
    const id = await create();
    await tenant.in((stores) =>
      db.get(InstanceService).remove(stores, tenant.actor, instance),
    );
    await passHours(id, 1);
    await sweep();
    const row = await look(id);
    expect(row).toMatchObject({ active: false, next: null });
    expect(row.problem).toContain("is deleting");
  });

  it("keep the objects of so many successful operations", async () => {
    const id = await create({ keep: 2 });
    const names: string[] = [];
    for (const days of [3, 2, 1]) {
      await passHours(id, 1);
      await sweep();
      const made = (await operations.rows()).at(-1);
      names.push(made?.name ?? "");
      await db.look(
        "update operations set due_at = due_at - make_interval(days => $2) where id = $1",
        [made?.id, days],
      );
      await operations.carry();
      await end(made?.id ?? "");
    }
    await sweep();
    expect(await operations.carry()).toMatchObject([
      { kind: "delete", payload: { name: names[0] } },
    ]);
    expect(await operations.rows()).toHaveLength(3);
  });

  it("are planned anew when their times change, rest when they are inactive, and leave what they made", async () => {
    const id = await create({ external_ref: "s/1" });
    const hourly = (await look(id)).next;
    await write(id, { name: "Nightly" });
    expect((await look(id)).next).toEqual(hourly);
    await write(id, { cron: "0 2 1 1 *", timezone: "Europe/Vienna" });
    expect((await look(id)).next).not.toEqual(hourly);
    await write(id, { active: false });
    expect((await look(id)).next).toBeNull();
    await sweep();
    await write(id, { active: true, cron: "0 * * * *" });
    await passHours(id, 1);
    await sweep();
    await tenant.in((stores) =>
      db.get(ScheduleService).remove(stores, tenant.actor, id),
    );
    expect(await operations.rows()).toHaveLength(1);
    await end((await operations.rows())[0]?.id ?? "");
    expect(await tenant.auditActions()).toEqual(
      expect.arrayContaining(["schedule.write", "schedule.unlink"]),
    );
  });

  it("are refused with a time that is none, what policy refuses, or another's external_ref", async () => {
    const id = await create({ external_ref: "s/1" });
    expect(await create({ external_ref: "s/1" })).toBe(id);
    const refusals: [Partial<CreateSchedule>, string][] = [
      [{ external_ref: "s/1", keep: 1 }, "another schedule"],
      [{ cron: "soon" }, 'cron is "soon"'],
      [{ timezone: "Mars" }, 'timezone is "Mars"'],
      [{ keep: 0 }, "keep is 0"],
      [{ parameters_json: '{"x":1}' }, "spec.parameters.x"],
      [
        { type: "Restore", parameters_json: '{"backupName":"b"}' },
        "allowed_operations",
      ],
    ];
    for (const [more, why] of refusals)
      await expect(create(more)).rejects.toThrow(why);
    const other = await create({ external_ref: "s/2" });
    await expect(write(other, { external_ref: "s/1" })).rejects.toThrow(
      "another schedule",
    );
  });
});
