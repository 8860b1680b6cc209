import { Injectable } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import { breakerState, type BreakerState } from "./domain/breaker.decide";
import { type DatabaseHealth, SyncWorkStore } from "./domain/sync-work-store";
import { BatchSenderService } from "./batch-sender.service";
import type { SyncCounts } from "./sync-counts";

/** Counting ends here: a backlog of more is as bad. */
const COUNT_TO = 100_000;

export interface SyncHealth extends DatabaseHealth {
  readonly breaker: BreakerState;
}

/** How far behind the Odoo databases are, for metrics. */
@Injectable()
export class SyncHealthService {
  private reading: Promise<readonly SyncHealth[]> | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sender: BatchSenderService,
  ) {}

  /** Of this replica. */
  get counts(): SyncCounts {
    return this.sender.counts;
  }

  /** Metrics that are read at once share one look. */
  databases(): Promise<readonly SyncHealth[]> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<readonly SyncHealth[]> {
    const all = await this.unitOfWork.asWorker((stores) =>
      stores.get(SyncWorkStore).health(COUNT_TO),
    );
    return all.map((one) => ({
      ...one,
      breaker: breakerState(one.failures, one.pausesUntil, one.now),
    }));
  }
}
