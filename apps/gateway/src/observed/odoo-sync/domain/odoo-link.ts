import type { UpdateBatch } from "./batch";
import type { OdooProtocol } from "./odoo-database";

/** Where an Odoo is, and with what the gateway signs in there. */
export interface OdooAccess {
  readonly url: string;
  readonly database: string;
  readonly login: string;
  readonly key: string;
  readonly protocol: OdooProtocol;
}

/** One Odoo at the other end. Every call is sent once, and cut off where its signal aborts. */
export abstract class OdooLink {
  /** Odoo's `database.uuid`. @throws DomainError unavailable, RpcFault */
  abstract databaseUuid(stopping: AbortSignal): Promise<string>;
  /** What `vworkspace.sync.apply_updates` answers. @throws DomainError unavailable (nobody knows whether it took effect), RpcFault */
  abstract applyUpdates(
    batch: UpdateBatch,
    stopping: AbortSignal,
  ): Promise<unknown>;
  abstract close(): Promise<void>;
}

export abstract class OdooLinks {
  /** Connects when it is first called. */
  abstract open(access: OdooAccess): OdooLink;
}
