import type { SqlTransaction } from "../../../database/sql-transaction";
import { type Policy, PolicyStore } from "../domain/policy";

const COLUMNS = `id, name, cluster_id, allowed_namespaces, allowed_catalog_codes, allowed_chart_url_prefixes, allowed_operations,
  require_approval_for, four_eyes, maintenance_windows, max_instances, version_constraint, confirm_registration, external_ref, intent_version`;

type Row = Omit<Policy, "intent_version"> & { intent_version: string | null };

const APPLICABLE =
  "organization_id = $1 and (cluster_id is null or cluster_id = $2)";

export class SqlPolicyStore extends PolicyStore {
  constructor(private readonly transaction: SqlTransaction) {
    super();
  }

  override async lock(id: string): Promise<Policy | undefined> {
    const row = await this.transaction.one<Row>(
      `select ${COLUMNS} from policies where organization_id = $1 and id = $2 for update`,
      [this.transaction.organization, id],
    );
    return row && policy(row);
  }

  override async applicable(clusterId: string): Promise<readonly Policy[]> {
    const rows = await this.transaction.query<Row>(
      `select ${COLUMNS} from policies where ${APPLICABLE} order by cluster_id nulls first`,
      [this.transaction.organization, clusterId],
    );
    return rows.map(policy);
  }

  override async lockApplicable(clusterId: string): Promise<readonly Policy[]> {
    await this.transaction.query(
      `select 1 from policies where ${APPLICABLE} and max_instances is not null order by id for update`,
      [this.transaction.organization, clusterId],
    );
    return this.applicable(clusterId);
  }

  override async add(policy: Policy): Promise<boolean> {
    const added = await this.transaction.run(
      `insert into policies (organization_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
       on conflict (organization_id, cluster_id) do nothing`,
      this.values(policy),
    );
    return added > 0;
  }

  override async save(policy: Policy): Promise<void> {
    await this.transaction.run(
      `update policies set name = $3, cluster_id = $4, allowed_namespaces = $5, allowed_catalog_codes = $6, allowed_chart_url_prefixes = $7,
         allowed_operations = $8, require_approval_for = $9, four_eyes = $10, maintenance_windows = $11,
         max_instances = $12, version_constraint = $13, confirm_registration = $14, external_ref = $15, intent_version = $16, updated_at = now()
       where organization_id = $1 and id = $2`,
      this.values(policy),
    );
  }

  override async remove(id: string): Promise<void> {
    await this.transaction.run(
      "delete from policies where organization_id = $1 and id = $2",
      [this.transaction.organization, id],
    );
  }

  private values(policy: Policy): unknown[] {
    const json = [
      policy.allowed_namespaces,
      policy.allowed_catalog_codes,
      policy.allowed_chart_url_prefixes,
      policy.allowed_operations,
      policy.require_approval_for,
    ];
    return [
      this.transaction.organization,
      policy.id,
      policy.name,
      policy.cluster_id,
      ...json.map((value) => JSON.stringify(value)),
      policy.four_eyes,
      JSON.stringify(policy.maintenance_windows),
      policy.max_instances,
      policy.version_constraint,
      policy.confirm_registration,
      policy.external_ref,
      policy.intent_version,
    ];
  }
}

function policy(row: Row): Policy {
  const { intent_version: version } = row;
  return { ...row, intent_version: version === null ? null : Number(version) };
}
