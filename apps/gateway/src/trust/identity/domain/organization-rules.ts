import { isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

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
