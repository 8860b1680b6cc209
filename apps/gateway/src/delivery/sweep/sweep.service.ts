import { Injectable, Logger } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import { ClusterSignals } from "../../fleet/signals/domain/cluster-signals";
import { DeliveryService } from "../delivery.service";
import { JobService } from "../jobs/job.service";
import {
  FORGETTABLE,
  GROWING_TABLES,
  type SweepFindings,
  SweepStore,
} from "./domain/sweep-store";

const LIMIT = 500;
/** Rows of one statement, so that it ends long before its time-out on a slow disk. */
const FORGET_AT_ONCE = 10_000;
/** How long a re-issue that fails, say for want of a transport, stays out of the way. */
const POSTPONE_SECONDS = 300;

type Due = SweepFindings["due"][number];

/**
 * The slow look that makes everything else a matter of speed only: it finds what a lost notification missed, what
 * expired, and what has to be issued again. One query per replica and period, whatever the number of waiting polls.
 */
@Injectable()
export class SweepService {
  private readonly logger = new Logger(SweepService.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly jobs: JobService,
    private readonly delivery: DeliveryService,
    private readonly signals: ClusterSignals,
  ) {}

  /**
   * One look, and what follows from it: one by one, each in a transaction of its own, so that what fails keeps nothing
   * else from its turn.
   * @param stopping ends it between two of them
   */
  async sweep(stopping?: AbortSignal): Promise<void> {
    const found = await this.unitOfWork.asWorker((stores) =>
      stores.get(SweepStore).look(this.signals.waiting(), LIMIT),
    );
    for (const clusterId of found.deliverable) this.signals.wakeHere(clusterId);
    for (const { organizationId, clusterId, jobId } of found.expired) {
      if (stopping?.aborted) return;
      await this.attempt("An expired job could not be closed", () =>
        this.jobs.expire(organizationId, clusterId, jobId),
      );
    }
    for (const due of found.due) {
      if (stopping?.aborted) return;
      await this.reissueOrPostpone(due);
    }
  }

  /**
   * Months ahead, retention, and some of what nobody asks for again. Each in a transaction of its own: making or dropping
   * a month keeps everybody off the whole table, and removing rows takes its time.
   * @returns whether nothing is left to do
   */
  async keepHouse(retentionDays: number): Promise<boolean> {
    for (const table of GROWING_TABLES)
      await this.unitOfWork.asWorker((stores) =>
        stores.get(SweepStore).keepMonths(table, retentionDays),
      );
    let isDone = true;
    for (const what of FORGETTABLE) {
      const forgotten = await this.unitOfWork.asWorker((stores) =>
        stores.get(SweepStore).forget(what, FORGET_AT_ONCE),
      );
      if (forgotten === FORGET_AT_ONCE) isDone = false;
    }
    return isDone;
  }

  private async reissueOrPostpone(due: Due): Promise<void> {
    const { organizationId, object } = due;
    const isDone = await this.attempt(
      "A generation could not be issued again",
      () =>
        this.unitOfWork.inOrganization(organizationId, async (stores) => {
          if (await stores.get(SweepStore).claimDue(object))
            await this.delivery.reissue(stores, organizationId, object);
        }),
    );
    if (isDone) return;
    await this.attempt("A re-issue could not be put off", () =>
      this.unitOfWork.asWorker((stores) =>
        stores
          .get(SweepStore)
          .postpone(organizationId, object, POSTPONE_SECONDS),
      ),
    );
  }

  /** Whether it went well; what didn't is told, and the next sweep finds it again. */
  private async attempt(
    complaint: string,
    work: () => Promise<void>,
  ): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, complaint);
      return false;
    }
  }
}
