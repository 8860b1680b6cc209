import { Injectable } from "@nestjs/common";
import { DomainError } from "@vworkspace/kernel";
import type { Stores } from "../database/unit-of-work";
import { ClusterStore } from "../fleet/clusters/domain/cluster-store";
import { AuditStore } from "../trust/audit/domain/audit-store";
import { type Actor, gatewayActor } from "../trust/identity/domain/actor";
import type {
  DeliveryListener,
  SettledDelivery,
} from "./domain/delivery-listener";
import {
  type DeliveryOutcome,
  type DeliveryProgress,
  type DesiredAction,
  type DesiredState,
  MAX_SEEN_GENERATION,
  type ObjectIdentity,
  lastDelete,
  owesDelete,
  reissuePauseSeconds,
} from "./domain/desired-object";
import { DesiredObjectStore } from "./domain/desired-object-store";
import { Transports } from "./domain/transport";

/** Seconds of the first pause before an undelivered generation is issued again. */
export class DeliveryOptions {
  constructor(readonly reissueSeconds: number) {}
}

interface Settled {
  readonly object: ObjectIdentity;
  readonly action: DesiredAction;
  readonly generation: number;
  readonly outcome: DeliveryOutcome;
  readonly error: string | undefined;
  readonly objectGeneration: number | undefined;
}

const DELETE = { action: "delete", manifest: {} } as const;

/**
 * Turns desired states into deliveries: takes the next generation of the object, asks the cluster's transport to carry
 * it, and issues it again as long as the cluster wasn't seen to have it.
 */
@Injectable()
export class DeliveryService {
  private readonly listeners: DeliveryListener[] = [];

  constructor(
    private readonly transports: Transports,
    private readonly options: DeliveryOptions,
  ) {}

  listen(listener: DeliveryListener): void {
    this.listeners.push(listener);
  }

  /** Issues a new generation of the object, in the transaction of the change. Returns the generation. */
  async deliver(
    stores: Stores,
    organizationId: string,
    state: DesiredState,
  ): Promise<number> {
    const objects = stores.get(DesiredObjectStore);
    const before = await objects.lock(state.object);
    const expected = before?.generation ?? 0;
    const generation = await objects.issue(state);
    if (generation > expected + 1)
      await this.recordRestore(stores, organizationId, state.object, {
        seen: generation - 1,
        expected,
      });
    if (before && owesDelete(before))
      await this.deleteFirst(stores, organizationId, state.object);
    else await this.carry(stores, organizationId, { ...state, generation });
    return generation;
  }

  /** A delivery has ended. Issues what waited for it, or plans to issue it again. */
  async settled(stores: Stores, actor: Actor, settled: Settled): Promise<void> {
    const objects = stores.get(DesiredObjectStore);
    const progress = await objects.lock(settled.object);
    if (!progress) return;
    const isNewest = progress.generation === settled.generation;
    if (settled.outcome === "succeeded")
      await objects.noteSettled(settled.object, settled);
    const pauseSeconds = reissuePauseSeconds(
      progress,
      settled,
      this.options.reissueSeconds,
    );
    const isAgain = pauseSeconds !== undefined;
    if (isNewest || isAgain)
      await objects.scheduleReissue(settled.object, pauseSeconds);
    const isAwaited = progress.waitsForDelete && settled.action === "delete";
    const isStillWanted = isAgain || (isNewest && !isAwaited);
    await this.tellSettled(stores, actor, {
      ...settled,
      isStillWanted,
      endsThrough: lastDelete(progress, settled),
    });
    if (isAwaited && !isAgain)
      await this.endWait(stores, actor.organizationId, settled, progress);
  }

  private async tellSettled(
    stores: Stores,
    actor: Actor,
    delivery: SettledDelivery,
  ): Promise<void> {
    for (const listener of this.listeners)
      await listener.deliverySettled(stores, actor, delivery);
  }

  /**
   * Issues the newest state again under the next generation: the cluster was seen without it, or its delivery ended. Where
   * it waits for a delete that ended without success, the delete is what is issued again.
   * @param seenGeneration what the cluster carries; when it is higher than the counter, the gateway was restored from a
   *   backup: the counter goes above it, and that is audited
   */
  async reissue(
    stores: Stores,
    organizationId: string,
    object: ObjectIdentity,
    seenGeneration = 0,
  ): Promise<void> {
    const objects = stores.get(DesiredObjectStore);
    const progress = await objects.lock(object);
    if (!progress || progress.isRetired) return;
    const isBelieved = seenGeneration <= MAX_SEEN_GENERATION;
    if (isBelieved && seenGeneration > progress.generation) {
      await objects.raiseAbove(object, seenGeneration);
      await this.recordRestore(stores, organizationId, object, {
        seen: seenGeneration,
        expected: progress.generation,
      });
    }
    const generation = await objects.reissue(object);
    const { action, manifest } =
      progress.waitsForDelete && owesDelete(progress) ? DELETE : progress;
    await this.carry(stores, organizationId, {
      object,
      action,
      manifest,
      generation,
    });
    for (const listener of this.listeners)
      await listener.generationIssued(stores, { object, action, generation });
    await this.record(stores, organizationId, object, {
      action: "delivery.reissue",
      detail: { generation },
    });
  }

  /** What was just issued waits for a delete whose delivery had ended without success: that one is issued again, now. */
  private async deleteFirst(
    stores: Stores,
    organizationId: string,
    object: ObjectIdentity,
  ): Promise<void> {
    const objects = stores.get(DesiredObjectStore);
    await objects.setWaitsForDelete(object, true);
    await objects.scheduleReissue(object, 0);
    await this.reissue(stores, organizationId, object);
  }

  /** Carries what waited for a delete; under a newer generation where the delete was issued again since. */
  private async endWait(
    stores: Stores,
    organizationId: string,
    { object, generation: deleted }: Settled,
    { action, manifest, generation }: DeliveryProgress,
  ): Promise<void> {
    await stores.get(DesiredObjectStore).setWaitsForDelete(object, false);
    if (generation === deleted && action === "delete") return;
    if (generation === deleted)
      return this.reissue(stores, organizationId, object);
    const delivery = { object, action, manifest, generation };
    await this.carry(stores, organizationId, delivery);
  }

  private async carry(
    stores: Stores,
    organizationId: string,
    delivery: DesiredState & { generation: number },
  ): Promise<void> {
    const cluster = await stores
      .get(ClusterStore)
      .byId(delivery.object.clusterId);
    const transport = cluster && this.transports.of(cluster.connectivityMode);
    if (!transport) {
      throw new DomainError(
        "validation_failed",
        `connectivity_mode is "${cluster?.connectivityMode ?? ""}": this gateway has no transport for it; use pull.`,
      );
    }
    const answer = await transport.deliver(stores, organizationId, delivery);
    if (answer === "waiting")
      await stores
        .get(DesiredObjectStore)
        .setWaitsForDelete(delivery.object, true);
  }

  /** The cluster carries what we never issued, as far as we know: the database is an older one. */
  private recordRestore(
    stores: Stores,
    organizationId: string,
    object: ObjectIdentity,
    detail: { seen: number; expected: number },
  ): Promise<void> {
    return this.record(stores, organizationId, object, {
      action: "delivery.restore_detected",
      detail,
    });
  }

  private record(
    stores: Stores,
    organizationId: string,
    object: ObjectIdentity,
    what: { action: string; detail: Record<string, unknown> },
  ): Promise<void> {
    const subject = {
      type: object.kind,
      id: `${object.namespace}/${object.name}`,
    };
    return stores.get(AuditStore).append(gatewayActor(organizationId), {
      action: what.action,
      subject,
      detail: { ...what.detail, cluster_id: object.clusterId },
    });
  }
}
