import { type KubeApi, type KubeObject, refOf } from "@vworkspace/kube";
import {
  APPLICATION_INSTANCE,
  type ApplicationInstance,
  FIELD_MANAGERS,
  FINALIZERS,
} from "@vworkspace/resources";
import type { Action } from "../instance.decide";
import type { DerivedWriter } from "./derived-writer";

/** Carries out what was decided: one action, one write. */
export class InstanceActions {
  constructor(
    private readonly api: KubeApi,
    private readonly writer: DerivedWriter,
  ) {}

  /** @returns whether to look again at once; not after a refused write, whose refusal is remembered */
  async perform(
    instance: ApplicationInstance,
    action: Action,
  ): Promise<boolean> {
    switch (action.do) {
      case "add-finalizer":
        await this.setFinalizers(instance, [
          ...(instance.metadata.finalizers ?? []),
          FINALIZERS.applicationInstance,
        ]);
        return true;
      case "remove-finalizer":
        await this.setFinalizers(
          instance,
          (instance.metadata.finalizers ?? []).filter(
            (finalizer) => finalizer !== FINALIZERS.applicationInstance,
          ),
        );
        return true;
      case "apply":
        return this.writer.apply(instance, action.object, {
          force: action.force === true,
        });
      case "delete":
        await this.api.delete(refOf(action.object), preconditions(action));
        return true;
      case "resume":
        await this.resume(action.object);
        return true;
    }
  }

  /** This very object as it was read: one that took its place may be somebody else's. */
  private async resume(release: KubeObject): Promise<void> {
    const { uid, resourceVersion } = release.metadata;
    await this.api.patch(
      refOf(release),
      { metadata: { uid, resourceVersion }, spec: { suspend: false } },
      { fieldManager: FIELD_MANAGERS.operator },
    );
  }

  /** A merge patch replaces the whole list, so it counts only for the very version whose list was read. */
  private async setFinalizers(
    instance: ApplicationInstance,
    finalizers: readonly string[],
  ): Promise<void> {
    const { namespace = "", name, resourceVersion } = instance.metadata;
    await this.api.patch(
      { ...APPLICATION_INSTANCE, namespace, name },
      { metadata: { resourceVersion, finalizers } },
      { fieldManager: FIELD_MANAGERS.operator },
    );
  }
}

function preconditions({ object }: { readonly object: KubeObject }) {
  const { uid } = object.metadata;
  return uid === undefined ? {} : { uid };
}
