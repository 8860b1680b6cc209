import { v7, validate } from "uuid";

/** A new UUIDv7 (RFC 9562): ordered by time, so that it can be the key of a table partitioned by ranges of it. */
export function newId(): string {
  return v7();
}

/** Whether a text from outside is a UUID at all; anything else must not reach a uuid column. */
export function isUuid(text: string): boolean {
  return validate(text);
}
