import { isStorable } from "@vworkspace/contract";
import { DomainError } from "@vworkspace/kernel";

/** @throws DomainError validation_failed */
export function requireLogin(login: string): void {
  if (login.trim() === "" || login.length > 128 || !isStorable(login))
    throw new DomainError(
      "validation_failed",
      "login must have 1 to 128 characters, without U+0000 and lone surrogates.",
    );
}
