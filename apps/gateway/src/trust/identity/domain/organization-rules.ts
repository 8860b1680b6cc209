import { isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

/** Whose approvals count: of persons who are known to the gateway themselves, or also those that Odoo says somebody gave. */
export const APPROVAL_TRUSTS = ["personal", "odoo"] as const;
export type ApprovalTrust = (typeof APPROVAL_TRUSTS)[number];

/** @throws DomainError validation_failed */
export function requireOrganizationCode(code: string): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(code))
    throw new DomainError(
      "validation_failed",
      `organization is "${code.slice(0, 80)}": use lower-case letters, digits and hyphens, at most 63.`,
    );
}

/** @throws DomainError validation_failed */
export function requireOrganizationName(name: string): void {
  if (name.trim() === "" || name.length > 128 || !isStorable(name))
    throw new DomainError(
      "validation_failed",
      "name of an organization must have 1 to 128 characters, without U+0000 and lone surrogates.",
    );
}
