import type { KubeApi, ObjectRef } from "@vworkspace/kube";
import type { Replication } from "../engines/volsync/volsync-objects";

/** VolSync, as far as a test has it go: each call is one step of its. */
export class VolsyncScript {
  constructor(private readonly api: KubeApi) {}

  async says(
    ref: ObjectRef,
    status: NonNullable<Replication["status"]>,
  ): Promise<void> {
    const { apiVersion, kind, name, namespace = "" } = ref;
    await this.api.patchStatus(
      { apiVersion, kind, metadata: { name, namespace }, status },
      { fieldManager: "volsync" },
    );
  }
}
