import { type ApprovalMethod, isSamePerson } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";
import type {
  OnBehalfOf,
  UserActor,
} from "../../../trust/identity/domain/actor";
import type { ApprovalTrust } from "../../../trust/identity/domain/organization-rules";

/** Who asks or decides: a user of the gateway, or whom an Odoo names through a bridge's key. */
export interface Party {
  /** UUID of the user; of the bridge, where Odoo names somebody. */
  readonly userId: string;
  /** Of that user. */
  readonly login: string;
  readonly onBehalfOf: OnBehalfOf | null;
}

/**
 * How the one who decides is known: by his own key or sign-in, or, for a bridge, by Odoo's word, where the organization takes it.
 * @throws DomainError policy_denied, invalid_request
 */
export function decidedBy(
  actor: Pick<UserActor, "role" | "session" | "onBehalfOf">,
  trust: ApprovalTrust,
): ApprovalMethod {
  if (!isBridge(actor)) return actor.session === undefined ? "key" : "oidc";
  if (trust === "personal")
    throw new DomainError(
      "policy_denied",
      "Policy refuses this (approval_trust): a bridge can't say that somebody agreed; let the approver do so himself, with his own key or sign-in, on the page that approval_url names.",
      { details: { rule: "approval_trust", value: trust } },
    );
  if (actor.onBehalfOf === undefined)
    throw new DomainError(
      "invalid_request",
      "on_behalf_of is missing: a bridge says who decided, as {odoo_uid, login}.",
    );
  return "odoo";
}

function isBridge({
  role,
  onBehalfOf,
}: Pick<UserActor, "role" | "onBehalfOf">): boolean {
  return role === "bridge" || onBehalfOf !== undefined;
}

/**
 * Whether two are, or may be, one person. Somebody whom Odoo names is known by his uid there and by his login, which a user of
 * the gateway may have too; and behind a bridge that names nobody anybody may be.
 */
export function isSameParty(one: Party, other: Party): boolean {
  if (one.onBehalfOf === null && other.onBehalfOf === null)
    return one.userId === other.userId;
  if (isSamePerson(loginOf(one), loginOf(other))) return true;
  if (one.userId !== other.userId) return false;
  return (
    one.onBehalfOf === null ||
    other.onBehalfOf === null ||
    one.onBehalfOf.odoo_uid === other.onBehalfOf.odoo_uid
  );
}

function loginOf({ onBehalfOf, login }: Party): string {
  return onBehalfOf?.login ?? login;
}
