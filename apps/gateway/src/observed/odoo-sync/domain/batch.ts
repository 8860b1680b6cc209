import type { OutboxRow } from "./outbox-store";
import type { SyncedModel } from "./synced-model";
import type { TruthValues } from "./truth-store";

/** One record as `apply_updates` takes it. */
export interface UpdateItem {
  readonly model: SyncedModel;
  /** The gateway's UUID of the record. */
  readonly key: string;
  readonly external_ref: string | false;
  /** As text: it outgrows what XML-RPC carries as a number. */
  readonly sequence: string;
  readonly values: TruthValues;
  readonly deleted: boolean;
}

export interface UpdateBatch {
  readonly epoch: string;
  /** Code of the organization. */
  readonly organization: string;
  readonly items: readonly UpdateItem[];
}

export const MOST_ITEMS = 100;
/** Characters of all values together; one record is sent whatever its size. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Models of which a row that is gone was removed by somebody; of the others nothing is ever removed but old history. */
const REMOVABLE: readonly SyncedModel[] = [
  "vworkspace.catalog.entry",
  "vworkspace.policy",
];

/** What is sent of the rows, and those that have nothing left to tell: their record has gone with its month. */
export function composeBatch(
  rows: readonly OutboxRow[],
  truth: ReadonlyMap<string, TruthValues>,
): {
  readonly sent: readonly OutboxRow[];
  readonly items: readonly UpdateItem[];
  readonly gone: readonly OutboxRow[];
} {
  const sent: OutboxRow[] = [];
  const gone: OutboxRow[] = [];
  const items: UpdateItem[] = [];
  let characters = 0;
  for (const row of rows) {
    const values = truth.get(row.recordId);
    if (values === undefined && !REMOVABLE.includes(row.model)) {
      gone.push(row);
      continue;
    }
    characters += JSON.stringify(values ?? {}).length;
    if (characters > MOST_CHARACTERS && items.length > 0) break;
    sent.push(row);
    items.push(itemOf(row, values));
  }
  return { sent, items, gone };
}

function itemOf(row: OutboxRow, values: TruthValues | undefined): UpdateItem {
  const reference = values?.["external_ref"];
  return {
    model: row.model,
    key: row.recordId,
    external_ref: typeof reference === "string" ? reference : false,
    sequence: String(row.sequence),
    values: values ?? {},
    deleted: values === undefined,
  };
}
