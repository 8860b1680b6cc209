import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type ObjectIdentity,
  objectKey,
} from "../../../delivery/domain/desired-object";
import type { OperationTarget } from "../domain/operation-target";
import { type Operation, operationObject } from "../domain/operation";
import {
  type FollowedOperation,
  OperationStore,
} from "../domain/operation-store";

type Row = Omit<
  Operation,
  "generation" | "instance_generation" | "intent_version"
> & {
  generation: string;
  intent_version: string | null;
  instance_generation: string | null;
};

const COLUMNS = `id, cluster_id, instance_id, namespace, name, type, engine, parameters_json, require_ready, exclusive, timeout_seconds,
  state, approval_state, approval_claim, approved_by, approved_at, rejected_by, rejected_at, cancel, generation, phase, reason, message,
  progress, degraded, upgrade, instance_generation, external_ref, schedule_id, due_at, sequence_id, sequence_step,
  requested_by, on_behalf_of, approval_method, approved_on_behalf_of, rejected_on_behalf_of, maintenance_windows, intent_version`;
const SELECT = `select ${COLUMNS} from operations where organization_id = $1`;
/** After an alias and a dot. */
const ENDED = "state in ('succeeded', 'failed', 'cancelled')";

export class SqlOperationStore extends OperationStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(operation: Operation): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into operations (organization_id, id, cluster_id, instance_id, namespace, name, type, engine, parameters_json, require_ready, exclusive,
         timeout_seconds, state, approval_state, external_ref, schedule_id, due_at, requested_by, on_behalf_of,
         maintenance_windows, sequence_id, sequence_step, intent_version)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) on conflict do nothing`,
      [
        this.transaction.organization,
        operation.id,
        operation.cluster_id,
        operation.instance_id,
        operation.namespace,
        operation.name,
        operation.type,
        operation.engine,
        operation.parameters_json,
        operation.require_ready,
        operation.exclusive,
        operation.timeout_seconds,
        operation.state,
        operation.approval_state,
        operation.external_ref,
        operation.schedule_id,
        operation.due_at,
        operation.requested_by,
        jsonOrNull(operation.on_behalf_of),
        JSON.stringify(operation.maintenance_windows),
        operation.sequence_id,
        operation.sequence_step,
        operation.intent_version,
      ],
    );
    return added > 0;
  }

  override find(id: string): Promise<Operation | undefined> {
    return this.one(`${SELECT} and id = $2`, [id]);
  }

  override lock(id: string): Promise<Operation | undefined> {
    return this.one(`${SELECT} and id = $2 for update`, [id]);
  }

  override byExternalRef(externalRef: string): Promise<Operation | undefined> {
    return this.one(`${SELECT} and external_ref = $2`, [externalRef]);
  }

  override async save(operation: Operation): Promise<void> {
    // An end that is our decision and not the cluster's is one at this moment.
    await this.transaction.run(
      `update operations set approval_state = $3, approval_claim = $4, approved_by = $5, approved_at = $6, rejected_by = $7, rejected_at = $8,
         cancel = $9, generation = $10, state = $11, reason = $12, message = $13, upgrade = $14, instance_generation = $15, external_ref = $16,
         finished_at = case when $17 then coalesce(finished_at, now()) end,
         approval_method = $18, approved_on_behalf_of = $19, rejected_on_behalf_of = $20, intent_version = $21, updated_at = now()
       where organization_id = $1 and id = $2`,
      [
        this.transaction.organization,
        operation.id,
        operation.approval_state,
        operation.approval_claim,
        operation.approved_by,
        operation.approved_at,
        operation.rejected_by,
        operation.rejected_at,
        operation.cancel,
        operation.generation,
        operation.state,
        operation.reason,
        operation.message,
        operation.upgrade,
        operation.instance_generation,
        operation.external_ref,
        ["succeeded", "failed", "cancelled"].includes(operation.state),
        operation.approval_method,
        jsonOrNull(operation.approved_on_behalf_of),
        jsonOrNull(operation.rejected_on_behalf_of),
        operation.intent_version,
      ],
    );
  }

  override async lockAt(
    objects: readonly ObjectIdentity[],
  ): Promise<ReadonlyMap<string, Operation>> {
    if (objects.length === 0) return new Map();
    const rows = await this.transaction.query<Row>(
      `${SELECT} and (cluster_id, namespace, name) in (select * from unnest($2::uuid[], $3::text[], $4::text[]))
       order by cluster_id, namespace, name for update`,
      [
        this.transaction.organization,
        objects.map(({ clusterId }) => clusterId),
        objects.map(({ namespace }) => namespace),
        objects.map(({ name }) => name),
      ],
    );
    return new Map(
      rows.map((row) => [objectKey(operationObject(row)), operation(row)]),
    );
  }

  override async saveFollowed(
    followed: readonly FollowedOperation[],
    objectDays: number,
  ): Promise<void> {
    if (followed.length === 0) return;
    const column = (pick: (one: FollowedOperation) => unknown) =>
      followed.map(pick);
    // Only a change is written: most reports say the same again. A cluster's clock is never believed to be ahead of ours;
    // where it tells no time, it is when we were told of it.
    await this.transaction.run(
      `update operations o set observed_generation = seen.generation, conditions = seen.conditions, outputs = coalesce(seen.outputs, o.outputs),
         state = seen.state, phase = seen.phase, reason = seen.reason, message = seen.message, progress = seen.progress, degraded = seen.degraded,
         upgrade = seen.upgrade, started_at = coalesce(seen.started_at, o.started_at, case when seen.state = 'running' then now() end),
         finished_at = case when seen.${ENDED} then coalesce(seen.finished_at, o.finished_at, now()) end,
         object_ends_at = case when o.${ENDED} then o.object_ends_at when seen.${ENDED} then now() + make_interval(days => $3) end, updated_at = now()
       from (select u.*, case when told_start > now() then now() else told_start end as started_at,
               case when told_end > now() then now() else told_end end as finished_at
             from unnest($2::uuid[], $4::bigint[], $5::jsonb[], $6::jsonb[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                    $12::boolean[], $13::text[], $14::timestamptz[], $15::timestamptz[])
               as u (id, generation, conditions, outputs, state, phase, reason, message, progress, degraded, upgrade, told_start, told_end)) as seen
       where o.organization_id = $1 and o.id = seen.id
         and (o.conditions, o.outputs, o.state, o.phase, o.reason, o.message, o.degraded, o.upgrade, o.observed_generation) is distinct from
             (seen.conditions, coalesce(seen.outputs, o.outputs), seen.state, seen.phase, seen.reason, seen.message, seen.degraded, seen.upgrade, seen.generation)`,
      [
        this.transaction.organization,
        column(({ operation: { id } }) => id),
        objectDays,
        column(({ seen }) => seen.intentGeneration),
        column(({ seen }) => JSON.stringify(seen.conditions)),
        column(({ seen }) => jsonOrNull(seen.detail?.outputs)),
        column(({ course }) => course.state),
        column(({ course }) => course.phase),
        column(({ course }) => course.reason),
        column(({ course }) => course.message),
        column(({ course }) => course.progress),
        column(({ course }) => course.degraded),
        column(({ course }) => course.upgrade),
        column(({ seen }) => seen.detail?.startedAt ?? null),
        column(({ seen }) => seen.detail?.finishedAt ?? null),
      ],
    );
  }

  override holdInstance(id: string): Promise<OperationTarget | undefined> {
    return this.transaction.one(
      `select id, cluster_id, namespace, name, state from application_instances where organization_id = $1 and id = $2 for share`,
      [this.transaction.organization, id],
    );
  }

  override underway(scheduleId: string): Promise<Operation | undefined> {
    return this.one(
      `${SELECT} and schedule_id = $2 and state not in ('succeeded', 'failed', 'cancelled') limit 1`,
      [scheduleId],
    );
  }

  override async endObjectsBefore(
    scheduleId: string,
    keep: number,
  ): Promise<void> {
    await this.transaction.run(
      `update operations set object_ends_at = now() where organization_id = $1 and id in (
         select id from operations where organization_id = $1 and schedule_id = $2 and object_ends_at is not null and state = 'succeeded'
         order by due_at desc offset $3)`,
      [this.transaction.organization, scheduleId, keep],
    );
  }

  override takeEnded(id: string): Promise<Operation | undefined> {
    return this.one(
      `update operations set object_ends_at = null where organization_id = $1 and id = $2 and object_ends_at < now() returning ${COLUMNS}`,
      [id],
    );
  }

  override async number(id: string): Promise<number> {
    const row = await this.transaction.one<{ number: number }>(
      "select number from operations where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
    return row?.number ?? 0;
  }

  override async login(userId: string): Promise<string> {
    const row = await this.transaction.one<{ login: string }>(
      "select login from users where organization_id = $1 and id = $2",
      [this.transaction.organization, userId],
    );
    return row?.login ?? "";
  }

  override async now(): Promise<Date> {
    const row = await this.transaction.one<{ now: Date }>("select now()");
    return row?.now ?? new Date(0);
  }

  private async one(
    sql: string,
    values: readonly unknown[],
  ): Promise<Operation | undefined> {
    const row = await this.transaction.one<Row>(sql, [
      this.transaction.organization,
      ...values,
    ]);
    return row && operation(row);
  }
}

function operation(row: Row): Operation {
  const { instance_generation: issued, intent_version: version } = row;
  return {
    ...row,
    intent_version: version === null ? null : Number(version),
    generation: Number(row.generation),
    instance_generation: issued === null ? null : Number(issued),
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
