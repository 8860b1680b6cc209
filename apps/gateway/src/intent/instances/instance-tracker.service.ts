import { Injectable } from "@nestjs/common";
import type { Stores } from "../../database/unit-of-work";
import { DeliveryService } from "../../delivery/delivery.service";
import type {
  DeliveryListener,
  IssuedAgain,
  SettledDelivery,
} from "../../delivery/domain/delivery-listener";
import type { ObjectIdentity } from "../../delivery/domain/desired-object";
import type { Actor } from "../../trust/identity/domain/actor";
import { INSTANCE_KIND } from "./domain/instance";
import { followSightings, type Sighting } from "./domain/follow-sightings";
import { InstanceStore } from "./domain/instance-store";
import { recordInstance } from "./instance-evidence";

/** Follows what becomes of intent: generations that delivery issued again, deletes that ended, and what was seen. */
@Injectable()
export class InstanceTrackerService implements DeliveryListener {
  constructor(delivery: DeliveryService) {
    delivery.listen(this);
  }

  async generationIssued(stores: Stores, issued: IssuedAgain): Promise<void> {
    if (!isInstance(issued.object)) return;
    const store = stores.get(InstanceStore);
    const instance =
      issued.action === "delete"
        ? await store.lockDeletingAt(issued.object)
        : await store.lockLiveAt(issued.object);
    if (instance)
      await store.save({ ...instance, generation: issued.generation });
  }

  /**
   * A delete that the cluster confirmed ends the instance; so does one that nobody will ask for again, since the delete of
   * a newer instance has taken its place.
   */
  async deliverySettled(
    stores: Stores,
    actor: Actor,
    delivery: SettledDelivery,
  ): Promise<void> {
    if (delivery.action !== "delete" || !isInstance(delivery.object)) return;
    const store = stores.get(InstanceStore);
    const seen = await store.observation(delivery.object);
    const isNewerThere =
      seen?.present === true && seen.intentGeneration > delivery.generation;
    const isGone =
      delivery.outcome === "succeeded" ||
      (delivery.outcome === "noop" && !isNewerThere);
    if (!isGone && delivery.isStillWanted) return;
    const { object, endsThrough } = delivery;
    const next = () => store.lockDeletingAt(object, endsThrough);
    for (let one = await next(); one !== undefined; one = await next()) {
      const deleted = { ...one, state: "deleted" as const };
      await store.save(deleted);
      await recordInstance(stores, actor, "instance.deleted", deleted);
    }
  }

  /**
   * Brings instances up to date with what was seen of their objects, in that order. Every state that one went through is
   * evidence; only the last is written.
   */
  async observe(
    stores: Stores,
    actor: Actor,
    sightings: readonly Sighting[],
  ): Promise<void> {
    const ours = sightings.filter(({ object }) => isInstance(object));
    if (ours.length === 0) return;
    const store = stores.get(InstanceStore);
    const instances = await store.lockAt(ours.map(({ object }) => object));
    const { seen, changed } = followSightings(instances, ours);
    await store.saveObserved(seen);
    await recordInstance(stores, actor, "instance.state", ...changed);
  }
}

/** Other projects have kinds of that name. */
function isInstance({ apiVersion, kind }: ObjectIdentity): boolean {
  return kind === INSTANCE_KIND.kind && apiVersion === INSTANCE_KIND.apiVersion;
}
