import { Injectable, Logger } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import { BatchSenderService } from "./batch-sender.service";
import { DatabaseLocks } from "./domain/database-locks";
import { type DueDatabase, SyncWorkStore } from "./domain/sync-work-store";
import { SenderPace } from "./sender-pace";

/** Databases that one replica sends to at once. */
const AT_ONCE = 4;
const MOST_DUE = 100;
/** Batches of one database before others have their turn. */
const BATCHES_IN_A_TURN = 20;

/** Looks for what Odoo databases have yet to be told, from the start of the program to its end. */
@Injectable()
export class SenderLoopService {
  private readonly logger = new Logger(SenderLoopService.name);
  private readonly stopping = new AbortController();
  private readonly working = new Map<string, Promise<void>>();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sender: BatchSenderService,
    private readonly locks: DatabaseLocks,
    private readonly pace: SenderPace,
  ) {}

  onApplicationBootstrap(): void {
    if (this.pace.isLooking) this.running = this.run();
  }

  /** What an Odoo is working on is cut off, and sent again by whoever comes next. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.working.values());
    await this.sender.close();
    await this.locks.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const { ring } = this.pace;
      await this.pace.rest(await this.look(), signal, ring);
    }
  }

  private async look(): Promise<boolean> {
    try {
      const { isAnyPaired, due } = await this.unitOfWork.asWorker((stores) =>
        stores.get(SyncWorkStore).look(MOST_DUE),
      );
      for (const one of due) this.begin(one);
      return isAnyPaired;
    } catch (error) {
      this.logger.warn({ err: error }, "The look for Odoo databases failed");
      return true;
    }
  }

  private begin(due: DueDatabase): void {
    const { databaseId } = due;
    if (this.working.has(databaseId) || this.working.size >= AT_ONCE) return;
    const work = this.sendTurn(due)
      .catch((error: unknown) => {
        this.logger.warn({ err: error }, "Sending to an Odoo failed");
        return false;
      })
      .then((isMore) => {
        this.working.delete(databaseId);
        if (isMore) this.pace.again();
      });
    this.working.set(databaseId, work);
  }

  /** One batch is in flight per database, over all replicas. @returns whether there may be more */
  private async sendTurn(due: DueDatabase): Promise<boolean> {
    const { signal } = this.stopping;
    const isMore = await this.locks.holding(due.databaseId, async (lost) => {
      const ending = AbortSignal.any([signal, lost]);
      for (let batch = 0; batch < BATCHES_IN_A_TURN; batch += 1)
        if (ending.aborted || !(await this.sender.send(due, ending)))
          return false;
      return true;
    });
    return isMore ?? false;
  }
}
