import type { Stores } from "../../database/unit-of-work";
import type { Actor } from "../../trust/identity/domain/actor";
import type { Requester } from "./domain/operation";
import { OperationStore } from "./domain/operation-store";

/** Whoever asked for something that the gateway does later: policy and evidence name that user. */
export async function requesterActor(
  stores: Stores,
  organizationId: string,
  { requested_by: id, on_behalf_of: behalf }: Requester,
): Promise<Actor> {
  const name = await stores.get(OperationStore).login(id);
  return {
    organizationId,
    type: "user",
    id,
    name,
    ...(behalf && { onBehalfOf: behalf }),
  };
}
