import type { Stores } from "../../database/unit-of-work";
import type { Cluster } from "../../fleet/clusters/domain/cluster";
import type { Delivery } from "./desired-object";

/**
 * How one desired generation of one object gets into a cluster. Pull is one way, push and Git are others; nothing above
 * delivery knows which one a cluster uses.
 */
export abstract class Transport {
  abstract readonly mode: Cluster["connectivityMode"];
  /**
   * Takes the delivery over, in the transaction of the change, and ends whatever older one of the object it replaces.
   * "waiting": an earlier delete has to be settled first; the delivery will be handed in again then.
   */
  abstract deliver(
    stores: Stores,
    organizationId: string,
    delivery: Delivery,
  ): Promise<"taken" | "waiting">;
}

/** The transports there are, by connectivity mode. */
export class Transports {
  constructor(private readonly transports: readonly Transport[]) {}

  of(mode: Cluster["connectivityMode"]): Transport | undefined {
    return this.transports.find((transport) => transport.mode === mode);
  }
}
