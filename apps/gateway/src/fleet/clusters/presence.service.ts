import { Injectable } from "@nestjs/common";
import { newId } from "@vworkspace/kernel";
import { UnitOfWork } from "../../database/unit-of-work";
import type { ClusterPrincipal } from "./domain/cluster";
import { PresenceStore } from "./domain/cluster-store";

/**
 * Notes that a cluster was heard of. A request costs an entry in memory; the sweep writes all of them in one statement,
 * so that 20,000 polling clusters are one row-wise update every few seconds and not 400 transactions a second.
 */
@Injectable()
export class PresenceService {
  private seen = new Map<string, string>();
  private stretchId = newId();

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Notes that this replica could be heard until now: silence counts only while one could, so that no cluster counts as
   * disconnected because the gateway was away.
   * @param gapSeconds after so long without a note (the database was away) a new stretch begins, and the time between doesn't count
   */
  async listen(gapSeconds: number): Promise<void> {
    await this.unitOfWork.asWorker(async (stores) => {
      const store = stores.get(PresenceStore);
      if (await store.prolongListening(this.stretchId, gapSeconds)) return;
      this.stretchId = newId();
      await store.beginListening(this.stretchId);
    });
  }

  note(principal: ClusterPrincipal): void {
    this.seen.set(principal.clusterId, principal.organizationId);
  }

  /** Writes what was noted since the last time; what can't be written now is kept for the next. */
  async flush(): Promise<void> {
    if (this.seen.size === 0) return;
    const batch = this.seen;
    this.seen = new Map();
    try {
      const seen = [...batch].map(([clusterId, organizationId]) => ({
        organizationId,
        clusterId,
      }));
      await this.unitOfWork.asWorker((stores) =>
        stores.get(PresenceStore).touch(seen),
      );
    } catch (error) {
      for (const [clusterId, organizationId] of batch)
        this.seen.set(clusterId, organizationId);
      throw error;
    }
  }
}
