import { type KubeApi, type KubeObject, refOf } from "@vworkspace/kube";
import { FIELD_MANAGERS, type Operation } from "@vworkspace/resources";
import { isAlreadyThere } from "../kube-failures";
import type { EngineAction } from "./engine";

const BY_US = { fieldManager: FIELD_MANAGERS.operator };

/** Carries out what an engine decided: one write. Each may be repeated, since nobody knows whether a killed agent had made it. */
export class EngineActions {
  constructor(private readonly api: KubeApi) {}

  /** @throws KubeError; a conflict means that somebody wrote meanwhile: look again */
  async perform(action: EngineAction, owner: Operation): Promise<void> {
    switch (action.do) {
      case "create":
        return this.create(
          action.isOwned ? ownedBy(owner, action.object) : action.object,
        );
      case "delete":
        return this.delete(action);
      case "patch":
        await this.patch(action);
    }
  }

  private async create(object: KubeObject): Promise<void> {
    try {
      await this.api.create(object, BY_US);
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
    }
  }

  private async delete({
    object,
    onlyAsSeen,
  }: Extract<EngineAction, { do: "delete" }>): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    await this.api.delete(refOf(object), {
      ...(uid !== undefined && { uid }),
      ...(onlyAsSeen && resourceVersion !== undefined && { resourceVersion }),
      propagationPolicy: "Background",
    });
  }

  private async patch({
    object,
    patch,
  }: Extract<EngineAction, { do: "patch" }>): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const metadata = {
      ...(patch as { metadata?: object }).metadata,
      uid,
      resourceVersion,
    };
    await this.api.patch(refOf(object), { ...patch, metadata }, BY_US);
  }
}

/** The garbage collector takes it away when the operation goes. */
function ownedBy(
  { apiVersion, kind, metadata: { name, uid = "" } }: Operation,
  object: KubeObject,
): KubeObject {
  const ownerReferences = [{ apiVersion, kind, name, uid }];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}
