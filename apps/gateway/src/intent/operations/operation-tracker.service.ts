import { Injectable } from "@nestjs/common";
import type { Stores } from "../../database/unit-of-work";
import { DeliveryService } from "../../delivery/delivery.service";
import type {
  DeliveryListener,
  IssuedAgain,
  SettledDelivery,
} from "../../delivery/domain/delivery-listener";
import type { ObjectIdentity } from "../../delivery/domain/desired-object";
import { DesiredObjectStore } from "../../delivery/domain/desired-object-store";
import type { Actor } from "../../trust/identity/domain/actor";
import {
  followOperations,
  type OperationSighting,
} from "./domain/follow-operations";
import {
  hasEnded,
  isOperation,
  type Operation,
  operationObject,
} from "./domain/operation";
import { OperationStore } from "./domain/operation-store";
import { ScheduleStore } from "./domain/schedule";
import { recordOperation } from "./operation-evidence";

/** How long the object of an operation stays in the cluster after its end, in days. */
export class OperationOptions {
  constructor(readonly objectDays: number) {}
}

const MAX_MESSAGE_CHARACTERS = 1000;

/** Follows what becomes of operations: generations that delivery issued again, deliveries that failed, and what was seen. */
@Injectable()
export class OperationTrackerService implements DeliveryListener {
  constructor(
    delivery: DeliveryService,
    private readonly options: OperationOptions,
  ) {
    delivery.listen(this);
  }

  async generationIssued(stores: Stores, issued: IssuedAgain): Promise<void> {
    const operation = await lockAt(stores, issued.object);
    if (operation)
      await stores
        .get(OperationStore)
        .save({ ...operation, generation: issued.generation });
  }

  /** Of what the cluster has not taken, nothing else would say why. */
  async deliverySettled(
    stores: Stores,
    _actor: Actor,
    delivery: SettledDelivery,
  ): Promise<void> {
    const { action, object, error } = delivery;
    if (action !== "apply" || error === undefined) return;
    const operation = await lockAt(stores, object);
    const isUnseen =
      operation?.state === "requested" ||
      operation?.state === "awaiting_approval";
    if (!isUnseen || operation.phase !== "") return;
    await stores.get(OperationStore).save({
      ...operation,
      reason: "NotDelivered",
      message: error.slice(0, MAX_MESSAGE_CHARACTERS),
    });
  }

  /**
   * Brings operations up to date with what was seen of their objects, in that order. Every state that one went through is
   * evidence; only the last is written. What has ended is never carried again.
   */
  async observe(
    stores: Stores,
    actor: Actor,
    sightings: readonly OperationSighting[],
  ): Promise<void> {
    const ours = sightings.filter(({ object }) => isOperation(object));
    if (ours.length === 0) return;
    const store = stores.get(OperationStore);
    const known = await store.lockAt(ours.map(({ object }) => object));
    const { followed, changed } = followOperations(known, ours);
    await store.saveFollowed(followed, this.options.objectDays);
    await recordOperation(stores, actor, "operation.state", ...changed);
    const ended = followed.filter(({ course }) => hasEnded(course));
    await stores
      .get(DesiredObjectStore)
      .retire(ended.map(({ operation }) => operationObject(operation)));
    for (const operation of changed)
      if (operation.state === "succeeded") await endOlder(stores, operation);
  }
}

/** A schedule keeps so many objects of what it made. */
async function endOlder(stores: Stores, operation: Operation): Promise<void> {
  const { schedule_id } = operation;
  if (schedule_id === null) return;
  const keep = await stores.get(ScheduleStore).keepOf(schedule_id);
  if (keep !== null)
    await stores.get(OperationStore).endObjectsBefore(schedule_id, keep);
}

async function lockAt(
  stores: Stores,
  object: ObjectIdentity,
): Promise<Operation | undefined> {
  if (!isOperation(object)) return undefined;
  const [operation] = (
    await stores.get(OperationStore).lockAt([object])
  ).values();
  return operation;
}
