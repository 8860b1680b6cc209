import { canonicalJson } from "../canonical-json";

/** Members of a spec that come after somebody has agreed to the rest. */
const NOT_AGREED_TO = ["approvals", "cancel"];

/**
 * What an approver agrees to: SHA-256 (base64url) of the canonical JSON (RFC 8785) of an Operation's spec without `approvals`
 * and `cancel`.
 * @throws TypeError for what is no JSON
 */
export async function operationDigest(spec: object): Promise<string> {
  const agreed = Object.fromEntries(
    Object.entries(spec).filter(([name]) => !NOT_AGREED_TO.includes(name)),
  );
  const bytes = new TextEncoder().encode(canonicalJson(agreed));
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Buffer.from(hash).toString("base64url");
}
