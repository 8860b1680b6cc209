import type { KubeObject } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";

/** An instance of an OCI chart that exists, changed by `spec`. */
export function instanceManifest(
  namespace: string,
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
) {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name, namespace },
    spec: {
      appRef: { catalogId: "podinfo" },
      chart: {
        sourceType: "oci",
        url: "oci://registry.example.com/charts",
        name: "podinfo",
        version: "1.2.3",
      },
      release: { name, namespace },
      values: { source: "inline", inline: { replicas: 1 } },
      ...spec,
    },
  };
}

export interface SeenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(
  object: KubeObject | undefined,
  type: string,
): SeenCondition | undefined {
  const status = object?.["status"] as
    { conditions?: SeenCondition[] } | undefined;
  return status?.conditions?.find((item) => item.type === type);
}
