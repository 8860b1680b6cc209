import { availableEngines, type ControllerState } from "@vworkspace/contract";
import { connectedSql } from "../../../fleet/clusters/adapters/connected-sql";
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
  const { joins, connected } = connectedSql(disconnectAfterSeconds);
  return new OdooModel({
    name: "vworkspace.cluster",
    label: "Cluster",
    displayField: "name",
    from: `(select c.*, p.last_seen, waiting.registration_key, waiting.registration_uid, waiting.registration_address,
        coalesce(waiting.awaits_confirmation, false) as awaits_confirmation, ${connected} as connected
      from clusters c ${joins}
      left join lateral (select u.confirmation ->> 'jkt' as registration_key, u.registered_uid as registration_uid,
          u.registered_address as registration_address, true as awaits_confirmation
        from cluster_credentials u where u.organization_id = c.organization_id and u.cluster_id = c.id and u.is_unconfirmed
          and u.revoked_at is null and u.expires_at > now() order by u.id desc limit 1) waiting on true)`,
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

/** What an admin compares before he confirms a registration. */
function registrationFields(): readonly ModelField[] {
  return [
    boolean("awaits_confirmation", "Awaits confirmation", {
      help: "An agent has registered, and a policy asks for an admin's word (action_confirm_registration).",
    }),
    char("registration_key", "Registered key", {
      help: "Thumbprint (RFC 7638) of the agent's key; compare it with its log.",
    }),
    char("registration_uid", "Registered cluster UID", {
      help: "UID of its namespace kube-system.",
    }),
    char("registration_address", "Registered from"),
  ];
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
    selection("token_mode", "Token mode", ["bearer", "mtls", "dpop"], {
      writable: "always",
      help: "What its tokens are tied to. Counts at once, so it is refused while the agent's credential could not meet it.",
    }),
    datetime("credential_reuse_at", "Credential reused", {
      help: "When a credential asked to rotate whose successor was in use: somebody holds a copy. Find out who, and register the cluster anew.",
    }),
    ...registrationFields(),
    boolean("require_signed_payloads", "Requires signed payloads", {
      writable: "always",
      help: "Jobs are always signed; set, only an agent that can verify them is let in. Refused while the agent has given no key.",
    }),
    boolean("require_encrypted_payloads", "Requires encrypted payloads", {
      writable: "always",
      help: "Jobs are encrypted to the key that the agent gave, their signature inside. Refused while it has given none.",
    }),
  ];
}
