import {
  type ClusterEvent,
  ClusterEvents,
} from "../cluster-events/cluster-events";

/** Keeps what was told. */
export class KeptClusterEvents extends ClusterEvents {
  readonly told: ClusterEvent[] = [];

  override tell(event: ClusterEvent): void {
    this.told.push(event);
  }
}
