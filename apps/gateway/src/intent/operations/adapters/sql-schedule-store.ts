import type { SqlTransaction } from "../../../database/sql-transaction";
import { type Schedule, ScheduleStore } from "../domain/schedule";

const COLUMNS = `id, name, cluster_id, instance_id, type, engine, parameters_json, cron, timezone, keep, active, next_run, last_run, last_problem,
  missed_count, skipped_count, external_ref, requested_by, on_behalf_of`;
const SELECT = `select ${COLUMNS} from operation_schedules where organization_id = $1`;

export class SqlScheduleStore extends ScheduleStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(schedule: Schedule): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into operation_schedules (organization_id, ${COLUMNS})
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) on conflict do nothing`,
      this.values(schedule),
    );
    return added > 0;
  }

  override lock(id: string): Promise<Schedule | undefined> {
    return this.transaction.one(`${SELECT} and id = $2 for update`, [
      this.transaction.organization,
      id,
    ]);
  }

  override byExternalRef(externalRef: string): Promise<Schedule | undefined> {
    return this.transaction.one(`${SELECT} and external_ref = $2`, [
      this.transaction.organization,
      externalRef,
    ]);
  }

  override takeDue(id: string): Promise<Schedule | undefined> {
    return this.transaction.one(
      `${SELECT} and id = $2 and active and next_run <= now() for update skip locked`,
      [this.transaction.organization, id],
    );
  }

  override async save(schedule: Schedule): Promise<void> {
    await this.transaction.run(
      `update operation_schedules set name = $3, cluster_id = $4, instance_id = $5, type = $6, engine = $7, parameters_json = $8, cron = $9,
         timezone = $10, keep = $11, active = $12, next_run = $13, last_run = $14, last_problem = $15, missed_count = $16, skipped_count = $17,
         external_ref = $18, requested_by = $19, on_behalf_of = $20, updated_at = now()
       where organization_id = $1 and id = $2`,
      this.values(schedule),
    );
  }

  override async remove(id: string): Promise<void> {
    await this.transaction.run(
      "delete from operation_schedules where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
  }

  override async keepOf(id: string): Promise<number | null> {
    const row = await this.transaction.one<{ keep: number | null }>(
      "select keep from operation_schedules where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
    return row?.keep ?? null;
  }

  private values(schedule: Schedule): unknown[] {
    return [
      this.transaction.organization,
      schedule.id,
      schedule.name,
      schedule.cluster_id,
      schedule.instance_id,
      schedule.type,
      schedule.engine,
      schedule.parameters_json,
      schedule.cron,
      schedule.timezone,
      schedule.keep,
      schedule.active,
      schedule.next_run,
      schedule.last_run,
      schedule.last_problem,
      schedule.missed_count,
      schedule.skipped_count,
      schedule.external_ref,
      schedule.requested_by,
      schedule.on_behalf_of && JSON.stringify(schedule.on_behalf_of),
    ];
  }
}
