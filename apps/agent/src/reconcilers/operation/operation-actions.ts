import type { KubeApi } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  FIELD_MANAGERS,
  FINALIZERS,
  OPERATION,
  type Operation,
} from "@vworkspace/resources";
import type { EngineActions } from "../../engines/engine-actions";
import type { OperationAction } from "./decision";

const BY_US = { fieldManager: FIELD_MANAGERS.operator };

/** Carries out what was decided: one action, one write. */
export class OperationActions {
  constructor(
    private readonly api: KubeApi,
    private readonly engineActions: EngineActions,
  ) {}

  async perform(operation: Operation, action: OperationAction): Promise<void> {
    const { finalizers = [], uid = "" } = operation.metadata;
    switch (action.do) {
      case "add-finalizer":
        return this.patch(operation, {
          finalizers: [...finalizers, FINALIZERS.operation],
        });
      case "remove-finalizer":
        return this.patch(operation, {
          finalizers: finalizers.filter((one) => one !== FINALIZERS.operation),
        });
      case "mark-started":
        return this.patch(operation, {
          annotations: { [ANNOTATIONS.startedUid]: uid },
        });
      case "engine":
        return this.engineActions.perform(action.action, operation);
    }
  }

  /** Of this very version: what somebody else wrote meanwhile, a cancellation or the mark of another agent, is read first. */
  private async patch(operation: Operation, change: object): Promise<void> {
    const { namespace = "", name, uid, resourceVersion } = operation.metadata;
    await this.api.patch(
      { ...OPERATION, namespace, name },
      { metadata: { uid, resourceVersion, ...change } },
      BY_US,
    );
  }
}
