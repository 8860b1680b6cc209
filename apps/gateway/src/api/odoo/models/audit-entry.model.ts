import {
  char,
  datetime,
  integer,
  json,
  many2one,
  type ModelField,
} from "../registry/model-field";
import { OdooModel } from "../registry/odoo-model";

/**
 * The audit log, newest first, read out of the exact bytes of its leaves. A person stands there as a salted hash; who
 * may read the log sees the login while there is such a user.
 */
export function auditEntryModel(organization: OdooModel): OdooModel {
  return new OdooModel({
    name: "vworkspace.audit.entry",
    label: "Audit entry",
    displayField: "action",
    from: `(select q.organization_id, q.id, q.number, q.leaf, convert_from(q.leaf, 'UTF8')::jsonb as entry from audit_queue q)`,
    defaultOrder: (alias) => `${alias}.id desc`,
    fields: [
      integer("sequence", "Sequence", {
        sql: () => "null::integer",
        help: "Place in the organization's log; not set while it has none yet.",
      }),
      many2one("organization_id", "Organization", organization),
      datetime("at", "Time", {
        sql: (alias) => `(${alias}.entry ->> 'at')::timestamptz`,
      }),
      char("actor", "Actor", { sql: actor, help: "Type and name." }),
      ...source(),
      ...via(),
      json("on_behalf_of", "On behalf of", {
        sql: (alias) => `${alias}.entry -> 'on_behalf_of'`,
        help: "Whom an Odoo says that it asked for; its word, not proven.",
      }),
      char("action", "Action", {
        sql: (alias) => `(${alias}.entry ->> 'action')`,
      }),
      char("subject", "Subject", { sql: subject, help: "Type and name." }),
      json("detail", "Detail", {
        sql: (alias) => `${alias}.entry -> 'detail'`,
      }),
      char("leaf_hash", "Leaf hash", {
        // RFC 6962, § 2.1: the hash of a leaf begins with a zero byte.
        sql: (alias) =>
          `encode(sha256('\\x00'::bytea || ${alias}.leaf), 'hex')`,
        help: "SHA-256 of the leaf (RFC 6962), in hexadecimal.",
      }),
    ],
  });
}

/** Where a request came from, and what its sender proved himself with. */
function source(): ModelField[] {
  return [
    char("address", "Address", {
      sql: (
        alias,
      ) => `(select a.address from audit_addresses a where a.organization_id = ${alias}.organization_id
        and a.hash = ${alias}.entry #>> '{from,address_hash}')`,
      help: "Where the request came from; not set for what the gateway does by itself, or once it was erased.",
    }),
    char("key_id", "API key", {
      sql: (alias) => `(${alias}.entry #>> '{actor,key_id}')`,
      help: "Id of the API key that was used.",
    }),
    char("session_id", "Session", {
      sql: (alias) => `(${alias}.entry #>> '{actor,session_id}')`,
      help: "Id of the session that was used, of a person at the gateway's pages.",
    }),
  ];
}

/** What an assistant's changes are told apart by. */
function via(): ModelField[] {
  return [
    char("origin", "Origin", {
      sql: (alias) => `(${alias}.entry #>> '{via,origin}')`,
      help: "mcp: an assistant, over the Model Context Protocol; not set for everything else.",
    }),
    char("tool", "Tool", {
      sql: (alias) => `(${alias}.entry #>> '{via,tool}')`,
      help: "The tool that the assistant called.",
    }),
  ];
}

function actor(alias: string): string {
  const entry = `${alias}.entry`;
  return `((${entry} #>> '{actor,type}') || ':' || coalesce(${entry} #>> '{actor,name}',
    (select u.login from users u where u.organization_id = ${alias}.organization_id and u.id::text = ${entry} #>> '{actor,id}'),
    ${entry} #>> '{actor,login_hash}'))`;
}

function subject(alias: string): string {
  const entry = `${alias}.entry`;
  return `((${entry} #>> '{subject,type}') || ':' || coalesce(${entry} #>> '{subject,name}', ${entry} #>> '{subject,id}'))`;
}
