import { Injectable } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import { OutboxBell } from "./domain/outbox-bell";
import { SyncWorkStore } from "./domain/sync-work-store";
import { OdooSyncOptions } from "./odoo-sync-options";

/** A cluster falls silent without anybody's writing it down; the sweep does, for Odoo databases that are told of it. */
@Injectable()
export class ConnectionNoteService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly options: OdooSyncOptions,
    private readonly bell: OutboxBell,
  ) {}

  async note(): Promise<void> {
    const { disconnectAfterSeconds } = this.options;
    const changed = await this.unitOfWork.asWorker((stores) =>
      stores.get(SyncWorkStore).noteConnections(disconnectAfterSeconds),
    );
    if (changed > 0) this.bell.ring();
  }
}
