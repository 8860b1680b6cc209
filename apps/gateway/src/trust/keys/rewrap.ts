import { ConfigurationError } from "@vworkspace/kernel";
import type { Client } from "pg";
import type { MasterKey } from "../../database/master-key";
import { SEALED_COLUMNS, type SealedColumn } from "./sealed-columns";

/** How many values of a column are sealed anew, and how many were already. */
export interface RewrapCount {
  readonly column: string;
  readonly rewrapped: number;
  readonly already: number;
}

/**
 * Seals everything under another master key, value by value: each says which key it is sealed by, so a run that was cut off
 * is taken up where it ended, and a reader that has both keys opens everything at any moment.
 * @param client as the owner of the tables
 * @throws ConfigurationError for a value that neither of the keys opens; nothing is lost then
 */
export async function rewrap(
  client: Client,
  from: MasterKey,
  to: MasterKey,
): Promise<readonly RewrapCount[]> {
  const counts: RewrapCount[] = [];
  for (const column of SEALED_COLUMNS)
    counts.push(await rewrapColumn(client, column, { from, to }));
  return counts;
}

interface Keys {
  readonly from: MasterKey;
  readonly to: MasterKey;
}

async function rewrapColumn(
  client: Client,
  column: SealedColumn,
  keys: Keys,
): Promise<RewrapCount> {
  const { table, key, column: name } = column;
  const { rows } = await client.query<{ key: string; sealed: Buffer }>(
    `select ${key} as key, ${name} as sealed from ${table} where ${name} is not null order by ${key}`,
  );
  let rewrapped = 0;
  for (const row of rows) {
    if (keys.to.isOfThis(row.sealed)) continue;
    const context = column.context(row.key);
    const plain = opened(row, { ...keys, context, table });
    // Only what was read is replaced: a value that somebody else has sealed meanwhile is newer.
    const { rowCount } = await client.query(
      `update ${table} set ${name} = $1 where ${key} = $2 and ${name} = $3`,
      [keys.to.seal(plain, context), row.key, row.sealed],
    );
    rewrapped += rowCount ?? 0;
  }
  const already = rows.length - rewrapped;
  return { column: `${table}.${name}`, rewrapped, already };
}

function opened(
  row: { key: string; sealed: Buffer },
  { from, context, table }: Keys & { context: string; table: string },
): Buffer {
  try {
    return from.open(row.sealed, context);
  } catch {
    throw new ConfigurationError(
      `${table} ${row.key} is sealed under neither key: bring back the key file that it was sealed with as VWORKSPACE_MASTER_KEY_FILE.`,
    );
  }
}
