import { Injectable } from "@nestjs/common";
import { objectJobKey } from "@vworkspace/contract";
import { newId } from "@vworkspace/kernel";
import type { Stores } from "../../database/unit-of-work";
import { ClusterSignals } from "../../fleet/signals/domain/cluster-signals";
import { AuditStore } from "../../trust/audit/domain/audit-store";
import { gatewayActor } from "../../trust/identity/domain/actor";
import type { Delivery } from "../domain/desired-object";
import { Transport } from "../domain/transport";
import { SUPERSEDED } from "../jobs/domain/job";
import { JobStore } from "../jobs/domain/job-store";
import { JobOptions } from "../jobs/job.service";

/** Annotation under which the applied generation stands on the object; agents that read it need no counter of their own. */
const GENERATION_ANNOTATION = "vworkspace.io/intent-generation";

/** Pull: a job that the cluster's agent fetches with its next poll. */
@Injectable()
export class PullTransport extends Transport {
  override readonly mode = "pull";

  constructor(
    private readonly signals: ClusterSignals,
    private readonly options: JobOptions,
  ) {
    super();
  }

  override async deliver(
    stores: Stores,
    organizationId: string,
    delivery: Delivery,
  ): Promise<"taken" | "waiting"> {
    const jobs = stores.get(JobStore);
    const older = await jobs.lockOpenOf(delivery.object);
    if (older?.kind === "delete") return "waiting";
    if (older)
      await this.supersede(
        stores,
        organizationId,
        older.id,
        delivery.generation,
      );
    const { object, action, generation } = delivery;
    const id = newId();
    await jobs.add({
      id,
      kind: action,
      object,
      generation,
      payload: payloadOf(delivery),
      idempotencyKey: objectJobKey(object, generation),
      ttlSeconds: this.options.ttlSeconds,
    });
    stores.afterCommit(() => this.signals.signal(object.clusterId));
    return "taken";
  }

  private async supersede(
    stores: Stores,
    organizationId: string,
    jobId: string,
    by: number,
  ): Promise<void> {
    await stores.get(JobStore).settle(jobId, SUPERSEDED);
    await stores.get(AuditStore).append(gatewayActor(organizationId), {
      action: "job.settle",
      subject: { type: "job", id: jobId },
      detail: {
        outcome: SUPERSEDED.outcome,
        state: SUPERSEDED.state,
        superseded_by_generation: by,
      },
    });
  }
}

function payloadOf(delivery: Delivery): Record<string, unknown> {
  const { object, manifest, generation } = delivery;
  if (delivery.action === "delete") {
    return {
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
    };
  }
  const metadata = (manifest["metadata"] ?? {}) as {
    annotations?: Record<string, string>;
  };
  const annotations = {
    ...metadata.annotations,
    [GENERATION_ANNOTATION]: String(generation),
  };
  return { ...manifest, metadata: { ...metadata, annotations } };
}
