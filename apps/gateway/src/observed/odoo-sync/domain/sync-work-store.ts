/** An Odoo database that may be sent to now. */
export interface DueDatabase {
  readonly organizationId: string;
  readonly databaseId: string;
}

/** How an Odoo database fares, for metrics. */
export interface DatabaseHealth {
  readonly organization: string;
  readonly name: string;
  readonly waiting: number;
  readonly held: number;
  /** Age of what waits longest; 0 where nothing does. */
  readonly oldestSeconds: number;
  readonly failures: number;
  readonly pausesUntil: Date | null;
  readonly now: Date;
}

/** Over all organizations; for the worker. */
export abstract class SyncWorkStore {
  /** Whether any Odoo is paired, and those that have something waiting and are not paused. */
  abstract look(limit: number): Promise<{
    readonly isAnyPaired: boolean;
    readonly due: readonly DueDatabase[];
  }>;
  /** Notes where a cluster's connection has changed, which is then told. @returns in how many */
  abstract noteConnections(disconnectAfterSeconds: number): Promise<number>;
  /** @param countTo where counting ends */
  abstract health(countTo: number): Promise<readonly DatabaseHealth[]>;
}
