/**
 * Stores exist only inside a unit of work: it opens the transaction, sets the organization that row-level security
 * compares with, and hands out the stores bound to it. A store injected elsewhere would use another connection, where it
 * sees nothing; so there is no other way to get one.
 */
export abstract class UnitOfWork {
  /** One transaction as the request role, seeing one organization only. */
  abstract inOrganization<T>(
    organizationId: string,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T>;
  /** One transaction as the worker role, which sees every organization: sweeps, sign-in of the programs, start-up. */
  abstract asWorker<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** One transaction as the request role before an organization is known: look-ups by secret, and nothing else. */
  abstract beforeSignIn<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}

/** The stores of one transaction. A port is an abstract class; its adapter was bound by the port's feature module. */
export interface Stores {
  get<T>(port: StorePort<T>): T;
  /** Runs when, and only when, the transaction has committed: wake-ups, never effects that must not be lost. */
  afterCommit(hook: () => void): void;
}

export type StorePort<T> = abstract new (...parameters: never[]) => T;
