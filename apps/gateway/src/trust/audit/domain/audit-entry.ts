import { canonicalJson } from "@vworkspace/contract";
import type { Actor, UserActor } from "../../identity/domain/actor";

/** What happened. Details hold names, ids and numbers; never a secret, never personal data. */
export interface AuditEntry {
  /** `<model>.<verb>`, for example `instance.create`. */
  readonly action: string;
  readonly subject: {
    readonly type: string;
    readonly id: string;
    readonly name?: string;
  };
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** How a person stands in a leaf: as a hash that nobody can name once its salt is erased. */
export type PersonHash = (login: string) => string;

/** How an address stands in a leaf: as a hash too, since it may be a person's. */
export type AddressHash = (address: string) => string;

/** Version of the leaf's layout; a reader of another version refuses rather than guesses. */
export const LEAF_VERSION = 1;

/**
 * The exact bytes of one leaf of the organization's log: RFC 8785 JSON, so that anyone can hash it again (RFC 6962 §2.1).
 * @param random a random id, so that two equal events are two leaves and a hash can't be guessed from its content
 */
export function auditLeaf(
  actor: Actor,
  entry: AuditEntry,
  stamp: {
    readonly random: string;
    readonly at: string;
    readonly personHash: PersonHash;
    readonly addressHash: AddressHash;
  },
): Buffer {
  const behalf = actor.onBehalfOf && {
    on_behalf_of: {
      odoo_uid: actor.onBehalfOf.odoo_uid,
      login_hash: stamp.personHash(actor.onBehalfOf.login),
    },
  };
  const name =
    actor.type === "user"
      ? { login_hash: stamp.personHash(actor.name), ...provenBy(actor) }
      : { name: actor.name };
  const from = actor.address !== undefined && {
    from: { address_hash: stamp.addressHash(actor.address) },
  };
  const leaf = {
    version: LEAF_VERSION,
    organization: actor.organizationId,
    id: stamp.random,
    at: stamp.at,
    actor: { type: actor.type, id: actor.id, ...name },
    ...behalf,
    ...from,
    ...(actor.via && { via: actor.via }),
    action: entry.action,
    subject: entry.subject,
    detail: entry.detail ?? {},
  };
  return Buffer.from(canonicalJson(JSON.parse(JSON.stringify(leaf))), "utf8");
}

/** The API key or the session that a user acted with, by its id. */
function provenBy(actor: Actor): {
  readonly key_id?: string;
  readonly session_id?: string;
} {
  const { key, session } = actor as Partial<UserActor>;
  return {
    ...(key && { key_id: key.id }),
    ...(session && { session_id: session.id }),
  };
}
