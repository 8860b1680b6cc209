import type { SqlTransaction } from "../../../database/sql-transaction";
import {
  type Comparison,
  ComparisonStore,
  type PageDigests,
} from "../domain/comparison-store";
import type { ComparedModel } from "../domain/synced-model";

/** Where the rows are, and what stands for their values; an operation's intent never changes. */
const SOURCES: Readonly<
  Record<
    ComparedModel,
    {
      readonly table: string;
      readonly values: string;
      readonly observed: string;
      readonly line: string;
    }
  >
> = {
  "vworkspace.application.instance": {
    table: "application_instances",
    values: "encode(sha256(convert_to(values_json, 'UTF8')), 'hex')",
    observed: "observed_generation",
    line: "values_sha256 || '|' || observed_generation",
  },
  "vworkspace.operation": {
    table: "operations",
    values: "''",
    observed: "observed_generation",
    line: "state || '|'",
  },
};

export class SqlComparisonStore extends ComparisonStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async compare(
    model: ComparedModel,
    digests: PageDigests,
  ): Promise<Comparison> {
    const { table, values, observed, line } = SOURCES[model];
    // One statement, so that all pages are of one moment, and only what differs leaves the database. Lines are sorted as
    // Python sorts texts: by code points, which in UTF-8 is by bytes. What is deleted is over for both sides: it counts for no
    // digest, but whoever asks about its page is told.
    const row = await this.transaction.one<Comparison & { unknown: string }>(
      `with rows as materialized (
         select left(encode(sha256(convert_to(external_ref, 'UTF8')), 'hex'), 2) as page, external_ref, coalesce(intent_version, 0) as intent_version,
           ${values} as values_sha256, ${observed} as observed_generation, state
         from ${table} where organization_id = $1),
       lines as (select rows.*, external_ref || '|' || intent_version || '|' || ${line} as line from rows where external_ref is not null),
       ours as (
         select page, encode(sha256(convert_to(string_agg(line, E'\\n' order by line collate "C") filter (where state <> 'deleted'),
             'UTF8')), 'hex') as digest,
           jsonb_agg(jsonb_build_object('external_ref', external_ref, 'intent_version', intent_version, 'values_sha256', values_sha256,
             'observed_generation', observed_generation, 'state', state) order by line collate "C") as rows
         from lines group by page)
       select (select count(*) from rows where external_ref is null and state <> 'deleted') as unknown,
         coalesce((select jsonb_object_agg(coalesce(ours.page, theirs.key), coalesce(ours.rows, '[]'))
           from ours full join jsonb_each_text($2::jsonb) theirs on theirs.key = ours.page
           where ours.digest is distinct from theirs.value), '{}') as pages`,
      [this.transaction.organization, JSON.stringify(digests)],
    );
    return { pages: row?.pages ?? {}, unknown: Number(row?.unknown ?? 0) };
  }
}
