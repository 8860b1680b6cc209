import type { KubeObject } from "@vworkspace/kube";

/** The few words of a schema that these definitions need. */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const time: Schema = { type: "string", format: "date-time" };
const count: Schema = { type: "integer", format: "int32" };

function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties };
}

const copyMethod: Schema = {
  type: "string",
  enum: ["Direct", "None", "Clone", "Snapshot"],
};
const condition = object({
  type: text,
  status: text,
  reason: text,
  message: text,
  observedGeneration: { type: "integer", format: "int64" },
  lastTransitionTime: time,
});
const retain = object({
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
});
const trigger = object({ manual: text, schedule: text });
const rclone = {
  rcloneConfig: text,
  rcloneConfigSection: text,
  rcloneDestPath: text,
  copyMethod,
};
const status = {
  conditions: { type: "array", items: condition },
  lastManualSync: text,
  lastSyncTime: time,
  lastSyncStartTime: time,
  lastSyncDuration: text,
  nextSyncTime: time,
  latestMoverStatus: object({ result: text, logs: text }),
} as const;
const destinationPVC = text;

/** Stand-ins for VolSync's kinds, of the fields that its documentation names and the agent writes or reads. */
export function volsyncDefinitions(): readonly KubeObject[] {
  return [
    definition("ReplicationSource", {
      spec: object({
        sourcePVC: text,
        trigger,
        restic: object({ repository: text, copyMethod, retain }),
        rclone: object(rclone),
        rsyncTLS: object({ keySecret: text, address: text, copyMethod }),
      }),
      status: object({ ...status, rsyncTLS: object({ keySecret: text }) }),
    }),
    definition("ReplicationDestination", {
      spec: object({
        trigger,
        restic: object({ repository: text, copyMethod, destinationPVC }),
        rclone: object({ ...rclone, destinationPVC }),
        rsyncTLS: object({ keySecret: text, copyMethod, destinationPVC }),
      }),
      status: object({
        ...status,
        latestImage: object({ apiGroup: text, kind: text, name: text }),
        rsyncTLS: object({ keySecret: text, address: text }),
      }),
    }),
  ];
}

function definition(
  kind: string,
  properties: Readonly<Record<string, Schema>>,
): KubeObject {
  const group = "volsync.backube";
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const names = { kind, plural, singular, listKind: `${kind}List` };
  const version = {
    name: "v1alpha1",
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema: object(properties) },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: "Namespaced", names, versions: [version] },
  };
}
