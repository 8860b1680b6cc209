import { newId } from "@vworkspace/kernel";
import { OperationStore } from "../../apps/gateway/src/intent/operations/domain/operation-store";
import { OperationUpkeepService } from "../../apps/gateway/src/intent/operations/operation-upkeep.service";
import { OperationService } from "../../apps/gateway/src/intent/operations/operation.service";
import { ScheduleService } from "../../apps/gateway/src/intent/operations/schedule.service";
import type { TestDatabase } from "./open-test-database";
import { TestOperations } from "./test-operations";
import { TestSequences } from "./test-sequences";
import type { TestCluster, TestTenant } from "./test-tenant";

const RESTORE = {
  type: "Restore",
  engine: "velero",
  parameters_json: '{"backupName":"b"}',
} as const;
const UPGRADE = {
  type: "Upgrade",
  engine: "helm",
  parameters_json: '{"targetVersion":"1.2.0"}',
} as const;

/** The part of an organization's life that operations have in it. */
export class OperationsLife {
  private readonly operations: TestOperations;

  constructor(
    private readonly db: TestDatabase,
    private readonly tenant: TestTenant,
    private readonly cluster: TestCluster,
  ) {
    this.operations = new TestOperations(db, tenant, cluster);
  }

  async live(instance: string): Promise<void> {
    await this.backUp(instance);
    await this.agree(instance);
    await this.upgrade(instance);
    await this.schedule(instance);
    await this.sequence(instance);
    await this.endAll();
  }

  /** Asked for twice under one mark, seen to its end, cancelled, and asked for again. */
  private async backUp(instance: string): Promise<void> {
    const { db, tenant, operations } = this;
    const mark = { external_ref: "op-1" };
    const { id } = await operations.create(instance, mark);
    await operations.create(instance, mark);
    await operations.carry();
    await operations.tell(id, ["Running True EngineStarted"]);
    const service = db.get(OperationService);
    await tenant.in(async (stores) => {
      await service.cancel(stores, tenant.actor, id);
      await service.mark(stores, tenant.actor, id, { external_ref: "op-2" });
    });
    await operations.tell(id, ["Cancelled True UserCancelled"]);
    await tenant.in(async (stores) => {
      const again = await service.retry(stores, tenant.actor, id);
      await stores.get(OperationStore).number(again.id);
    });
  }

  private async agree(instance: string): Promise<void> {
    const { db, tenant, operations } = this;
    const [yes, no] = [
      await operations.create(instance, RESTORE),
      await operations.create(instance, RESTORE),
    ];
    const service = db.get(OperationService);
    // Whoever asked for an operation can't get a claim for it.
    const approver = { ...tenant.actor, id: newId() };
    await tenant.in(async (stores) => {
      await service.approve(stores, approver, yes.id);
      await service.reject(stores, tenant.actor, no.id, "no");
    });
  }

  private async upgrade(instance: string): Promise<void> {
    const { id } = await this.operations.create(instance, UPGRADE);
    await this.operations.tell(id, ["Running True EngineStarted"]);
    await this.db.get(OperationUpkeepService).sweep();
  }

  /** One that makes an operation, and is asked for twice under one mark, changed and removed. */
  private async schedule(instance: string): Promise<void> {
    const { db, tenant, operations } = this;
    const wanted = {
      instanceId: instance,
      type: "Backup",
      engine: "velero",
      cron: "0 2 * * *",
      keep: 1,
      external_ref: "schedule-1",
    } as const;
    const service = db.get(ScheduleService);
    const create = () =>
      tenant.in((stores) => service.create(stores, tenant.actor, wanted));
    const id = await create();
    await create();
    await db.look(
      "update operation_schedules set next_run = now() - interval '1 second' where id = $1",
      [id],
    );
    await db.get(OperationUpkeepService).sweep();
    const made = (await operations.rows()).at(-1);
    await operations.tell(made?.id ?? "", ["Succeeded True EngineCompleted"]);
    const other = { ...wanted, external_ref: "schedule-2" };
    await tenant.in(async (stores) => {
      const { actor } = tenant;
      await service.write(stores, actor, id, { keep: 2 });
      const second = await service.create(stores, actor, other);
      await service.remove(stores, actor, second);
    });
  }

  /** One that makes a copy, is asked for twice under one mark, and is cancelled. */
  private async sequence(instanceId: string): Promise<void> {
    const { db, tenant, cluster } = this;
    const sequences = new TestSequences(db, tenant, [cluster]);
    await sequences.prepare();
    const wanted = {
      instanceId,
      template: "clone",
      parameters_json: '{"namespace":"elsewhere"}',
      external_ref: "sequence-1",
    };
    const id = await sequences.create(wanted);
    await sequences.create(wanted);
    await sequences.order((service, stores, actor) =>
      service.setExternalRef(stores, actor, id, "sequence-2"),
    );
    await sequences.play(id, {
      "copy-there": (fact) => sequences.cancel(id, fact),
    });
  }

  /** The time of every object is over. */
  private async endAll(): Promise<void> {
    await this.db.look(
      "update operations set object_ends_at = now() - interval '1 second' where organization_id = $1 and object_ends_at is not null",
      [this.tenant.organizationId],
    );
    await this.db.get(OperationUpkeepService).sweep();
    await this.operations.carry();
  }
}
