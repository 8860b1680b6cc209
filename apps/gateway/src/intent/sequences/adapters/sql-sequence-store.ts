import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type DueSequence,
  type Sequence,
  SequenceStore,
  type StepOperationFacts,
} from "../domain/sequence";

const COLUMNS = `id, name, template, definition, cluster_id, instance_id, copy_instance_id, parameters_json, steps, approvals, state, reason, message,
  progress, cancel, confirmed_by, confirmed_at, external_ref, requested_by, on_behalf_of`;
const SELECT = `select ${COLUMNS} from operation_sequences where organization_id = $1`;

export class SqlSequenceStore extends SequenceStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async add(sequence: Sequence): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into operation_sequences (organization_id, id, name, template, definition, cluster_id, instance_id, parameters_json, approvals, state,
         external_ref, requested_by, on_behalf_of, next_look)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now()) on conflict do nothing`,
      [
        this.transaction.organization,
        sequence.id,
        sequence.name,
        sequence.template,
        JSON.stringify(sequence.definition),
        sequence.cluster_id,
        sequence.instance_id,
        sequence.parameters_json,
        JSON.stringify(sequence.approvals),
        sequence.state,
        sequence.external_ref,
        sequence.requested_by,
        sequence.on_behalf_of && JSON.stringify(sequence.on_behalf_of),
      ],
    );
    return added > 0;
  }

  override lock(id: string): Promise<Sequence | undefined> {
    return this.transaction.one(`${SELECT} and id = $2 for update`, [
      this.transaction.organization,
      id,
    ]);
  }

  override byExternalRef(externalRef: string): Promise<Sequence | undefined> {
    return this.transaction.one(`${SELECT} and external_ref = $2`, [
      this.transaction.organization,
      externalRef,
    ]);
  }

  override underway(instanceId: string): Promise<Sequence | undefined> {
    // Each half has an index of its own, of sequences that have not ended.
    return this.transaction.one(
      `(${SELECT} and instance_id = $2 and state not in ('succeeded', 'failed', 'cancelled'))
       union all
       (${SELECT} and copy_instance_id = $2 and state not in ('succeeded', 'failed', 'cancelled'))
       limit 1`,
      [this.transaction.organization, instanceId],
    );
  }

  override takeDue(id: string): Promise<Sequence | undefined> {
    return this.transaction.one(
      `${SELECT} and id = $2 and next_look <= now() for update skip locked`,
      [this.transaction.organization, id],
    );
  }

  override async save(
    sequence: Sequence,
    lookAfterSeconds: number | null,
  ): Promise<void> {
    await this.transaction.run(
      `update operation_sequences set copy_instance_id = $3, steps = $4, state = $5, reason = $6, message = $7, progress = $8, cancel = $9,
         confirmed_by = $10, confirmed_at = $11, external_ref = $12, next_look = now() + make_interval(secs => $13),
         finished_at = case when $13::double precision is null then coalesce(finished_at, now()) end, updated_at = now()
       where organization_id = $1 and id = $2`,
      [
        this.transaction.organization,
        sequence.id,
        sequence.copy_instance_id,
        JSON.stringify(sequence.steps),
        sequence.state,
        sequence.reason,
        sequence.message,
        sequence.progress,
        sequence.cancel,
        sequence.confirmed_by,
        sequence.confirmed_at,
        sequence.external_ref,
        lookAfterSeconds,
      ],
    );
  }

  override operationFacts(
    operationId: string,
  ): Promise<StepOperationFacts | undefined> {
    return this.transaction.one(
      `select name, state, reason, message, degraded, started_at is not null as "hasStarted", cancel as "isCancelled", outputs
       from operations where organization_id = $1 and id = $2`,
      [this.transaction.organization, operationId],
    );
  }

  override lookDue(limit: number): Promise<readonly DueSequence[]> {
    return this.transaction.query(
      `select organization_id as "organizationId", id from operation_sequences where next_look <= now() order by next_look limit $1`,
      [limit],
    );
  }
}
