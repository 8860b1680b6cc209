import { Injectable, Logger } from "@nestjs/common";
import { UnitOfWork } from "../../database/unit-of-work";
import { gatewayActor } from "../../trust/identity/domain/actor";
import { type DueUpkeep, UpkeepStore } from "./domain/upkeep-store";
import { OperationService } from "./operation.service";
import { ScheduleRunService } from "./schedule-run.service";
import { UpgradeService } from "./upgrade.service";

const LIMIT = 200;

/**
 * What has to happen to operations without anybody asking for it, with every sweep: one look, and each thing that is due in a
 * transaction of its own, so that what fails keeps nothing else from its turn, and is found again.
 */
@Injectable()
export class OperationUpkeepService {
  private readonly logger = new Logger(OperationUpkeepService.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: OperationService,
    private readonly upgrades: UpgradeService,
    private readonly schedules: ScheduleRunService,
  ) {}

  async sweep(stopping?: AbortSignal): Promise<void> {
    const due = await this.unitOfWork.asWorker((stores) =>
      stores.get(UpkeepStore).look(LIMIT),
    );
    for (const one of due) {
      if (stopping?.aborted) return;
      await this.attempt(one);
    }
  }

  private async attempt(one: DueUpkeep): Promise<void> {
    try {
      await this.keep(one);
    } catch (error) {
      const { what, id } = one;
      this.logger.warn({ err: error, what, id }, "Upkeep failed");
    }
  }

  private keep({ what, organizationId, id }: DueUpkeep): Promise<void> {
    switch (what) {
      case "upgrade":
        return this.upgrades.issue(organizationId, id);
      case "schedule":
        return this.schedules.run(organizationId, id);
      case "object":
        return this.unitOfWork.inOrganization(organizationId, (stores) =>
          this.operations.removeObject(
            stores,
            gatewayActor(organizationId),
            id,
          ),
        );
    }
  }
}
