import { isStorable } from "@vworkspace/contract";
import { addressProblem } from "./odoo-address.decide";

/** Without letters that people take for others (Crockford's base 32). */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const CODE_BYTES = 16;
export const CODE_MINUTES = 15;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_CHARACTERS = 256;

/** What an Odoo says of itself when it is paired. */
export interface Pairing {
  readonly code: string;
  readonly database_uuid: string;
  readonly url: string;
  readonly database: string;
  readonly login: string;
  /** Of its bridge user; never part of an error. */
  readonly key: string;
}

/** A code of 80 bits that a person can type: `7K2M-…`. @param random CODE_BYTES random bytes */
export function pairingCode(random: Uint8Array): string {
  const letters = [...random].map((byte) => LETTERS[byte % LETTERS.length]);
  return letters.join("").replace(/(.{4})(?=.)/g, "$1-");
}

/** The code as it was made, however a person has typed it. */
export function plainCode(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[\s-]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
}

export function pairingProblem(
  pairing: Pairing,
  plainHosts: readonly string[],
): string | undefined {
  if (!UUID.test(pairing.database_uuid))
    return "database_uuid must be Odoo's parameter database.uuid, a UUID in lower case.";
  for (const name of ["database", "login", "key"] as const) {
    const value = pairing[name];
    if (value === "" || value.length > MAX_CHARACTERS || !isHeaderText(value))
      return `${name} must have 1 to ${MAX_CHARACTERS} printable characters of ASCII.`;
  }
  return addressProblem(pairing.url, plainHosts);
}

/** Name and key travel in headers of HTTP. */
function isHeaderText(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text);
}

export function nameProblem(name: string): string | undefined {
  return name.trim() === "" || name.length > 128 || !isStorable(name)
    ? "name of an Odoo database must have 1 to 128 characters, without U+0000 and lone surrogates."
    : undefined;
}
