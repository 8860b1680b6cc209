import { availableEngines, type ControllerState } from "@vworkspace/contract";
import {
  boolean,
  char,
  column,
  datetime,
  json,
  type ModelField,
  ownOrganization,
  selection,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/** @param disconnectAfterSeconds silence after which a cluster counts as disconnected */
export function clusterModel(
  organization: OdooModel,
  disconnectAfterSeconds: number,
): OdooModel {
  const seconds = Math.trunc(disconnectAfterSeconds);
  return new OdooModel({
    name: "vworkspace.cluster",
    label: "Cluster",
    displayField: "name",
    // Silence counts while a gateway listened, without a break: after its restart, or its absence, everybody has the whole time
    // to come back, and who was silent for that long before stays disconnected.
    from: `(select c.*, p.last_seen,
        (c.state = 'active' and (p.last_seen > now() - make_interval(secs => ${seconds}) or
          (select coalesce(max(upper(heard) - lower(heard)), interval '0')
           from unnest(listening.stretches * tstzmultirange(tstzrange(least(p.last_seen, now()), now()))) heard) <= make_interval(secs => ${seconds}))
         and p.last_seen is not null) is true as connected
      from clusters c left join cluster_presence p on p.organization_id = c.organization_id and p.cluster_id = c.id
      cross join (select range_agg(tstzrange(since, heard_until)) as stretches from gateway_listening) listening)`,
    fields: [
      char("code", "Code", {
        isRequired: true,
        isUnique: true,
        writable: "on create",
        help: "The cluster's id on the wire; it can't be changed.",
      }),
      char("name", "Name", { isRequired: true, writable: "always" }),
      ownOrganization(organization),
      ...observedFields(),
      boolean("simulated", "Simulated", { writable: "on create" }),
    ],
  });
}

function observedFields(): readonly ModelField[] {
  return [
    selection("connectivity_mode", "Connectivity", ["pull", "push", "gitops"]),
    selection("state", "State", ["pending", "active", "disabled", "revoked"]),
    boolean("connected", "Connected", {
      help: "Whether its agent was heard of lately.",
    }),
    datetime("last_seen", "Last seen"),
    json("conditions", "Conditions", { shape: "list" }),
    char("agent_version", "Agent version"),
    json("controllers", "Controllers", { shape: "list" }),
    json("operation_engines", "Operation engines", {
      shape: "list",
      sql: column("controllers"),
      fromDatabase: (controllers) =>
        availableEngines(controllers as ControllerState[]).map((engine) => ({
          ...engine,
        })),
      help: "Which engines of operations the cluster can use, by what its agent last said of its controllers, and else what is in the way.",
    }),
    selection("token_mode", "Token mode", ["bearer", "mtls", "dpop"]),
    boolean("require_signed_payloads", "Requires signed payloads"),
    boolean("require_encrypted_payloads", "Requires encrypted payloads"),
  ];
}
