import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import { type Stores, UnitOfWork } from "../../database/unit-of-work";
import { DesiredObjectStore } from "../../delivery/domain/desired-object-store";
import { gatewayActor } from "../../trust/identity/domain/actor";
import { instanceObject } from "../instances/domain/instance";
import { InstanceStore } from "../instances/domain/instance-store";
import { InstanceService } from "../instances/instance.service";
import { type Operation, operationObject } from "./domain/operation";
import { OperationStore } from "./domain/operation-store";
import { upgradeChanges } from "./domain/upgrade-changes";
import { recordOperation } from "./operation-evidence";
import { OperationService } from "./operation.service";
import { requesterActor } from "./requester-actor";

/**
 * Turns a Helm upgrade that runs into the instance's next generation, so that the instance stays the truth. Once: what was
 * issued stands on the operation, in the same transaction.
 */
@Injectable()
export class UpgradeService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly instances: InstanceService,
    private readonly operations: OperationService,
  ) {}

  /** Issues the upgrade of an operation that owes one; one that is refused cancels the operation, with the reason. */
  async issue(organizationId: string, operationId: string): Promise<void> {
    const inOrganization = (work: (stores: Stores) => Promise<void>) =>
      this.unitOfWork.inOrganization(organizationId, work);
    try {
      await inOrganization((stores) =>
        this.upgrade(stores, organizationId, operationId),
      );
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const actor = gatewayActor(organizationId);
      await inOrganization((stores) =>
        this.operations.refuseUpgrade(
          stores,
          actor,
          operationId,
          error.message,
        ),
      );
    }
  }

  private async upgrade(
    stores: Stores,
    organizationId: string,
    operationId: string,
  ): Promise<void> {
    const store = stores.get(OperationStore);
    const place = await store.find(operationId);
    const instance =
      place && (await stores.get(InstanceStore).find(place.instance_id));
    if (!instance) return;
    // Both objects' rows are held before any other, in the order of reports, so that this and a report can't deadlock.
    const objects = stores.get(DesiredObjectStore);
    await objects.lock(instanceObject(instance));
    await objects.lock(operationObject(place));
    const operation = await store.lock(operationId);
    if (operation?.upgrade !== "due") return;
    const actor = await requesterActor(stores, organizationId, operation);
    const changes = upgradeChanges(
      operation.parameters_json,
      instance.values_json,
    );
    await this.instances.write(stores, actor, instance.id, changes);
    const after = await stores.get(InstanceStore).find(instance.id);
    const issued: Operation = {
      ...operation,
      upgrade: "issued",
      instance_generation: after?.generation ?? null,
    };
    await store.save(issued);
    await recordOperation(stores, actor, "operation.upgrade", issued);
  }
}
