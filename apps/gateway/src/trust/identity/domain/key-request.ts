import { DomainError } from "@vworkspace/kernel";
import type { UserActor } from "./actor";
import { coversScope, isScope, MAX_SCOPES } from "./key-scopes";

const DAY_MS = 86_400_000;
const MAX_DAYS = 3650;
const MAX_NAME_CHARACTERS = 80;

/** What somebody asks of a new API key. */
export interface KeyRequest {
  /** For what it is, in the words of who issues it. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** Days from now; undefined for no end. */
  readonly days: number | undefined;
}

/** @throws DomainError validation_failed, naming the argument */
export function requireKeyRequest({ name, scopes, days }: KeyRequest): void {
  if (name.trim() === "" || name.length > MAX_NAME_CHARACTERS)
    throw invalid(
      `name must have 1 to ${MAX_NAME_CHARACTERS} characters that say what the key is for.`,
    );
  if (scopes.length === 0 || scopes.length > MAX_SCOPES)
    throw invalid(`scopes must be a list of 1 to ${MAX_SCOPES} texts.`);
  const wrong = scopes.find((scope) => !isScope(scope));
  if (wrong !== undefined)
    throw invalid(
      `scopes holds ${JSON.stringify(wrong.slice(0, 80))}: use all, read, read:MODEL or models:MODEL.`,
    );
  if (days !== undefined && !(Number.isInteger(days) && isPossible(days)))
    throw invalid(
      `expires_in_days is ${days}: give a whole number from 1 to ${MAX_DAYS}, or leave it out.`,
    );
}

function isPossible(days: number): boolean {
  return days >= 1 && days <= MAX_DAYS;
}

/**
 * When the new key ends. Whoever holds a key can't make it wider by it: neither in what it may do, whoever's the new one
 * is, nor, for a key of his own, in time.
 * @throws DomainError forbidden
 */
export function expiryWithin(
  actor: UserActor,
  userId: string,
  request: KeyRequest,
  nowMs: number,
): Date | undefined {
  const held = actor.key?.scopes ?? ["all"];
  const wider = request.scopes.find((scope) => !coversScope(held, scope));
  if (wider !== undefined)
    throw new DomainError(
      "forbidden",
      `scopes holds ${wider}, which the key that asks doesn't cover: leave it out, or use a wider key.`,
    );
  const { days } = request;
  const asked =
    days === undefined ? undefined : new Date(nowMs + days * DAY_MS);
  const end = actor.id === userId ? actor.key?.expiresAt : undefined;
  if (end === undefined) return asked;
  return asked === undefined || asked > end ? end : asked;
}

function invalid(sentence: string): DomainError {
  return new DomainError("validation_failed", sentence);
}
