import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type Backlog,
  type HeldRow,
  type OutboxRow,
  OutboxStore,
} from "../domain/outbox-store";
import {
  modelNumber,
  modelOf,
  type ReferencedModel,
} from "../domain/synced-model";
import { TABLE_OF } from "./table-of";

interface Row {
  model: number;
  record_id: string;
  sequence: string;
}

/** What an Odoo shows of settled jobs; every job is noted as it changes, this is for an Odoo that has lost what it was told. */
const JOB_DAYS = 30;
/** So that one statement ends long before its time-out; older ones are history that can be read here. */
const MOST_JOBS = 100_000;

/** A row that is noted already is told anyway; one that was held is tried again. */
const NOTE = `on conflict (organization_id, database_id, model, record_id) do update set sequence = nextval('odoo_sequence'), status = 'waiting',
  problem = '', queued_at = now() where odoo_outbox.status <> 'waiting'`;

/** Rows as they were when they were read. One that somebody is changing just now is passed over: it will be told again. */
const UNCHANGED = `select organization_id, database_id, model, record_id from odoo_outbox
  where organization_id = $1 and database_id = $2
    and (model, record_id, sequence) in (select * from unnest($3::smallint[], $4::uuid[], $5::bigint[])) for update skip locked`;

export class SqlOutboxStore extends OutboxStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async waiting(
    databaseId: string,
    limit: number,
  ): Promise<readonly OutboxRow[]> {
    const rows = await this.transaction.query<Row>(
      `select model, record_id, sequence from odoo_outbox where organization_id = $1 and database_id = $2 and status = 'waiting'
       order by model, sequence limit $3`,
      [this.transaction.organization, databaseId, limit],
    );
    return rows.map((row) => ({
      model: modelOf(row.model),
      recordId: row.record_id,
      sequence: Number(row.sequence),
    }));
  }

  override async settle(
    databaseId: string,
    told: readonly OutboxRow[],
  ): Promise<void> {
    if (told.length === 0) return;
    await this.transaction.run(
      `delete from odoo_outbox where (organization_id, database_id, model, record_id) in (${UNCHANGED})`,
      this.columns(databaseId, told),
    );
  }

  override async hold(
    databaseId: string,
    held: readonly HeldRow[],
  ): Promise<void> {
    if (held.length === 0) return;
    await this.transaction.run(
      `with unchanged as (${UNCHANGED})
       update odoo_outbox o set status = h.status, problem = h.problem
       from unchanged u join unnest($3::smallint[], $4::uuid[], $6::text[], $7::text[]) as h (model, record_id, status, problem)
         on h.model = u.model and h.record_id = u.record_id
       where o.organization_id = u.organization_id and o.database_id = u.database_id and o.model = u.model and o.record_id = u.record_id`,
      [
        ...this.columns(databaseId, held),
        held.map(({ status }) => status),
        held.map(({ problem }) => problem),
      ],
    );
  }

  override async noteReferences(
    databaseId: string,
    model: ReferencedModel,
    references: readonly string[],
  ): Promise<number> {
    const row = await this.transaction.one<{ count: string }>(
      `with found as (select id from ${TABLE_OF[model]} where organization_id = $1 and external_ref = any($4::text[])),
       noted as (insert into odoo_outbox (organization_id, database_id, model, record_id)
         select $1::uuid, $2::uuid, $3::smallint, id from found order by id ${NOTE})
       select count(*) from found`,
      [
        this.transaction.organization,
        databaseId,
        modelNumber(model),
        [...references],
      ],
    );
    return Number(row?.count ?? 0);
  }

  override async noteAll(databaseId: string): Promise<number> {
    const whole = [
      "clusters",
      "catalog_entries",
      "policies",
      "application_instances",
      "operations",
      "jobs",
    ].map(
      (table, index) =>
        `select ${index + 1}::smallint as model, id from ${table} where organization_id = $1`,
    );
    // By the time in their ids, so that only the months that count are looked at.
    return this.transaction.run(
      `insert into odoo_outbox (organization_id, database_id, model, record_id)
       select $1::uuid, $2::uuid, r.model, r.id from (${whole.join(" union all ")}
         union all (select 6::smallint, id from settled_jobs where organization_id = $1
           and id >= (select uuid_floor(greatest(coalesce(paired_at, now()), now() - make_interval(days => ${JOB_DAYS}))) from odoo_databases
             where organization_id = $1 and id = $2)
           order by id desc limit ${MOST_JOBS})) r
       order by r.model, r.id ${NOTE}`,
      [this.transaction.organization, databaseId],
    );
  }

  override async clear(databaseId: string): Promise<void> {
    await this.transaction.run(
      "delete from odoo_outbox where organization_id = $1 and database_id = $2",
      [this.transaction.organization, databaseId],
    );
  }

  override async backlog(databaseId: string): Promise<Backlog> {
    const row = await this.transaction.one<{ waiting: string; held: string }>(
      `select count(*) filter (where status = 'waiting') as waiting, count(*) filter (where status <> 'waiting') as held
       from odoo_outbox where organization_id = $1 and database_id = $2`,
      [this.transaction.organization, databaseId],
    );
    return { waiting: Number(row?.waiting ?? 0), held: Number(row?.held ?? 0) };
  }

  private columns(
    databaseId: string,
    rows: readonly OutboxRow[],
  ): readonly unknown[] {
    return [
      this.transaction.organization,
      databaseId,
      rows.map(({ model }) => modelNumber(model)),
      rows.map(({ recordId }) => recordId),
      rows.map(({ sequence }) => sequence),
    ];
  }
}
