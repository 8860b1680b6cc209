import { type DynamicModule, Module } from "@nestjs/common";
import { Clock, SystemClock } from "@vworkspace/kernel";
import { StoreBindings } from "../../database/store-bindings";
import { SweepLoopService } from "../../delivery/sweep/sweep-loop.service";
import { HttpOdooLinks } from "./adapters/http-odoo-links";
import { PgDatabaseLocks } from "./adapters/pg-database-locks";
import { SqlSyncWorkStore } from "./adapters/sql-sync-work-store";
import { SqlTruthStore } from "./adapters/sql-truth-store";
import { BatchSenderService } from "./batch-sender.service";
import { ConnectionNoteService } from "./connection-note.service";
import { DatabaseLocks } from "./domain/database-locks";
import { OdooLinks } from "./domain/odoo-link";
import { SyncWorkStore } from "./domain/sync-work-store";
import { TruthStore } from "./domain/truth-store";
import { SenderLoopService } from "./sender-loop.service";
import { SenderPace } from "./sender-pace";
import { SyncHealthService } from "./sync-health.service";

/** For one call of an Odoo, which may sleep 30 s by itself. */
const CALL_MS = 60_000;

/** Tells paired Odoo databases the truth. */
@Module({})
export class OdooSyncModule {
  constructor(
    bindings: StoreBindings,
    connections: ConnectionNoteService,
    loop: SweepLoopService,
  ) {
    bindings.bind(SyncWorkStore, SqlSyncWorkStore);
    bindings.bind(TruthStore, SqlTruthStore);
    loop.also("The note of connections", () => connections.note());
  }

  /** @param lockUrl of the worker role, past any pooler */
  static register(lockUrl: string): DynamicModule {
    return {
      module: OdooSyncModule,
      global: true,
      providers: [
        {
          provide: OdooLinks,
          useFactory: () => new HttpOdooLinks(CALL_MS),
        },
        {
          provide: DatabaseLocks,
          useFactory: () => new PgDatabaseLocks(lockUrl),
        },
        { provide: Clock, useClass: SystemClock },
        BatchSenderService,
        ConnectionNoteService,
        SenderPace,
        SenderLoopService,
        SyncHealthService,
      ],
      exports: [SyncHealthService, BatchSenderService],
    };
  }
}
