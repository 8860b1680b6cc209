import { SignJWT } from "jose";
import { z } from "zod";
import type { SigningKey } from "../protection/payload-signature";
import { PAYLOAD_ALGORITHM } from "../protection/protected-job";

/** `typ` of an approval claim. */
export const APPROVAL_TYPE = "vworkspace-approval+jwt";
export const APPROVAL_AUDIENCE = "vworkspace-approval";
/** The one algorithm of claims: Ed25519 (RFC 8037). */
export const APPROVAL_ALGORITHM = PAYLOAD_ALGORITHM;

/**
 * How the approver was known: by his own API key, by his sign-in at the provider, or, where the organization's
 * `approval_trust` is odoo, by Odoo's word alone.
 */
export const APPROVAL_METHODS = ["key", "oidc", "odoo"] as const;
export type ApprovalMethod = (typeof APPROVAL_METHODS)[number];

const name = z.string().min(1).max(253);
const seconds = z.number().int().nonnegative();

/** What a claim says besides `aud`. Times in seconds since the epoch. */
export const approvalClaimSchema = z.object({
  iss: z.string().min(1).max(2048),
  iat: seconds,
  exp: seconds,
  jti: name,
  /** The gateway's id of the operation: a claim counts for this one only. */
  op: name,
  /** The cluster's code, as agents know it. */
  cluster: name,
  namespace: name,
  name,
  /** See operationDigest. */
  digest: z.string().min(1).max(128),
  /** Who approved. */
  sub: name,
  /** Who asked for the operation. */
  requester: name,
  /** RFC 8176's claim, with values of our own. */
  amr: z.array(z.enum(APPROVAL_METHODS)).length(1),
});
export type ApprovalClaim = z.infer<typeof approvalClaimSchema>;

/** A JWT (RFC 7519) by which the gateway says that somebody approved of one operation as it stands. */
export function signApproval(
  claims: ApprovalClaim,
  { kid, key }: SigningKey,
): Promise<string> {
  return new SignJWT({ ...claims, aud: APPROVAL_AUDIENCE })
    .setProtectedHeader({ alg: APPROVAL_ALGORITHM, kid, typ: APPROVAL_TYPE })
    .sign(key);
}

/** Two eyes are not four, however the login is spelled. */
export function isSamePerson(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(login: string): string {
  return login.normalize("NFKC").trim().toLowerCase();
}
