import { Injectable } from "@nestjs/common";
import type { SqlTransaction } from "./sql-transaction";
import type { StorePort } from "./unit-of-work";

/** Which adapter stands behind a store port. Feature modules bind theirs when they are made. */
@Injectable()
export class StoreBindings {
  private readonly adapters = new Map<
    unknown,
    new (transaction: SqlTransaction) => unknown
  >();

  bind<T>(
    port: StorePort<T>,
    adapter: new (transaction: SqlTransaction) => T,
  ): void {
    this.adapters.set(port, adapter);
  }

  make<T>(port: StorePort<T>, transaction: SqlTransaction): T {
    const adapter = this.adapters.get(port);
    if (!adapter)
      throw new Error(`No adapter is bound to the store ${port.name}.`);
    return new adapter(transaction) as T;
  }
}
