import type { ReferencedModel, SyncedModel } from "./synced-model";

/** A record that an Odoo has yet to be told of, and its place in the order of changes. */
export interface OutboxRow {
  readonly model: SyncedModel;
  readonly recordId: string;
  readonly sequence: number;
}

/** Not taken: `parked` failed there, `refused` isn't for that company. */
export type HeldStatus = "parked" | "refused";

/** A record that an Odoo didn't take; it waits for the record's next change. */
export interface HeldRow extends OutboxRow {
  readonly status: HeldStatus;
  readonly problem: string;
}

export interface Backlog {
  readonly waiting: number;
  readonly held: number;
}

/** What the Odoo databases of one organization have yet to be told. Changes of records fill it by themselves (triggers). */
export abstract class OutboxStore {
  /** What refers to others after them, else in order of sequence. */
  abstract waiting(
    databaseId: string,
    limit: number,
  ): Promise<readonly OutboxRow[]>;
  /** Takes out what was told, unless it has changed since. */
  abstract settle(
    databaseId: string,
    told: readonly OutboxRow[],
  ): Promise<void>;
  /** Keeps what wasn't taken, with the reason, unless it has changed since. */
  abstract hold(databaseId: string, held: readonly HeldRow[]): Promise<void>;
  /** Notes records by their external_ref. @returns how many of them there are */
  abstract noteReferences(
    databaseId: string,
    model: ReferencedModel,
    references: readonly string[],
  ): Promise<number>;
  /** Notes every record; of settled jobs the newest since the pairing, and of 30 days. */
  abstract noteAll(databaseId: string): Promise<number>;
  abstract clear(databaseId: string): Promise<void>;
  abstract backlog(databaseId: string): Promise<Backlog>;
}
