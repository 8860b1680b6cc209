import { DomainError } from "@vworkspace/kernel";
import type { RpcStruct } from "@vworkspace/odoo-rpc";

/** Of all records of an answer together, as JSON: what an assistant can still read at once. */
export const ANSWER_CHARACTERS = 100_000;

/**
 * The first of the records that fit into an answer; at least one of them.
 * @throws DomainError validation_failed where the first alone doesn't fit
 */
export function fitRecords(
  model: string,
  records: readonly RpcStruct[],
): readonly RpcStruct[] {
  let left = ANSWER_CHARACTERS;
  const over = records.findIndex((record) => {
    left -= JSON.stringify(record).length;
    return left < 0;
  });
  if (over === 0)
    throw new DomainError(
      "validation_failed",
      `The record ${JSON.stringify(records[0]?.["id"])} of ${model} has more than ${ANSWER_CHARACTERS} characters: name fewer fields.`,
    );
  return over < 0 ? records : records.slice(0, over);
}
