import type { KubeApi, KubeObject, WriteOptions } from "@vworkspace/kube";

/** An API that notes what was created through it: `Kind name`, each time that it succeeded. */
export function notingCreations(api: KubeApi): {
  readonly api: KubeApi;
  readonly created: readonly string[];
} {
  const created: string[] = [];
  const noting = Object.create(api) as KubeApi;
  noting.create = async <T extends KubeObject>(
    object: T,
    options: WriteOptions,
  ): Promise<T> => {
    const made = await api.create(object, options);
    created.push(`${object.kind} ${object.metadata.name}`);
    return made;
  };
  return { api: noting, created };
}
