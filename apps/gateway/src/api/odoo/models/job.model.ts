import {
  char,
  column,
  datetime,
  integer,
  many2one,
  selection,
  text,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

const STATES = [
  "queued",
  "offered",
  "acked",
  "succeeded",
  "failed",
  "noop",
  "conflict",
  "superseded",
  "expired",
] as const;

/**
 * Open and settled jobs as one model. Both halves have the same plain columns, so that a condition or an order reaches
 * the index of each. Newest first by UUIDv7, which is also the key that settled jobs are partitioned by.
 */
export function jobModel(
  organization: OdooModel,
  cluster: OdooModel,
): OdooModel {
  return new OdooModel({
    name: "vworkspace.job",
    label: "Job",
    displayField: "idempotency_key",
    from: `(select organization_id, id, number, cluster_id, kind, state, null::text as outcome, null::text as error, idempotency_key,
        attempt, created_at, acked_at, null::timestamptz as settled_at from jobs
      union all select organization_id, id, number, cluster_id, kind, state, outcome, error, idempotency_key,
        attempt, created_at, acked_at, settled_at from settled_jobs)`,
    defaultOrder: (alias) => `${alias}.id desc`,
    fields: [
      char("code", "Code", {
        sql: column("id"),
        isUuid: true,
        help: "The job's id on the wire.",
      }),
      many2one("organization_id", "Organization", organization),
      many2one("cluster_id", "Cluster", cluster),
      selection("kind", "Kind", ["apply", "delete", "intent"]),
      selection("state", "State", STATES),
      char("outcome", "Outcome"),
      text("error", "Error"),
      char("idempotency_key", "Idempotency key"),
      integer("attempt", "Attempt"),
      datetime("created_at", "Created", { isTimeOfId: true }),
      datetime("acked_at", "Acked"),
      datetime("settled_at", "Settled"),
    ],
  });
}
