import type { KubeObject } from "@vworkspace/kube";
import { FLUX_LABELS } from "./application-instance/flux-labels";

/** Which instance an object was installed for: remembered, since of a deleted object no more than its key is told. */
export class InstalledObjects {
  private readonly instances = new Map<string, string>();

  /** @returns the instance that a change of the object concerns */
  instanceOf(
    kind: string,
    key: string,
    object: KubeObject | undefined,
  ): string | undefined {
    const id = `${kind} ${key}`;
    const known = this.instances.get(id);
    const labels = object?.metadata.labels ?? {};
    const { [FLUX_LABELS.name]: name, [FLUX_LABELS.namespace]: namespace } =
      labels;
    if (object === undefined || name === undefined) {
      this.instances.delete(id);
      return known;
    }
    const instance = `${namespace}/${name}`;
    this.instances.set(id, instance);
    return instance;
  }
}
