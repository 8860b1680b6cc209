import { Injectable, Logger } from "@nestjs/common";
import { Clock } from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import { PresenceService } from "../../fleet/clusters/presence.service";
import { ClusterSignals } from "../../fleet/signals/domain/cluster-signals";
import { DeliveryService } from "../delivery.service";
import { JobService } from "../jobs/job.service";
import { SweepStore } from "./domain/sweep-store";

export class SweepOptions {
  constructor(
    readonly periodSeconds: number,
    readonly retentionDays: number,
  ) {}
}

const LIMIT = 500;
const HOUSEKEEPING_MS = 3600_000;

/**
 * The slow look that makes everything else a matter of speed only: it finds what a lost notification missed, what
 * expired, and what has to be issued again. One query per replica and period, whatever the number of waiting polls.
 */
@Injectable()
export class SweepService {
  private readonly logger = new Logger(SweepService.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private housekeepingDue = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobService,
    private readonly delivery: DeliveryService,
    private readonly presence: PresenceService,
    private readonly signals: ClusterSignals,
    private readonly clock: Clock,
    private readonly options: SweepOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.presence.flush().catch(() => undefined);
  }

  /** One look, and what follows from it. */
  async sweep(): Promise<void> {
    await this.presence.flush();
    const found = await this.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).look(this.signals.waiting(), LIMIT),
    );
    for (const clusterId of found.deliverable) this.signals.wakeHere(clusterId);
    for (const { organizationId, clusterId, jobId } of found.expired)
      await this.jobs.expire(organizationId, clusterId, jobId);
    for (const { organizationId, object } of found.due) {
      await this.unitOfWork.inOrganization(organizationId, async (stores) => {
        if (await stores.get(SweepStore).claimDue(object))
          await this.delivery.reissue(stores, organizationId, object);
      });
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.keepHouse();
        await this.sweep();
      } catch (error) {
        this.logger.warn(
          { err: error },
          "A sweep failed; the next one does its work",
        );
      }
      // Jitter: replicas that started together don't sweep together.
      const pauseMs =
        this.options.periodSeconds * 1000 * (0.75 + Math.random() / 2);
      await this.clock.sleep(pauseMs, this.stopping.signal);
    }
  }

  private async keepHouse(): Promise<void> {
    if (this.clock.now() < this.housekeepingDue) return;
    await this.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).keepHouse(this.options.retentionDays),
    );
    this.housekeepingDue = this.clock.now() + HOUSEKEEPING_MS;
  }
}
