import type { Schema } from "../schema/schema";

function listMap(items: Schema, ...keys: string[]): Schema {
  return {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
    items,
  };
}

const SET: Schema = { type: "array", "x-kubernetes-list-type": "set" };

/** Fields of a map are declared, so that ownership is of what is in them and not of the map itself. */
function struct(properties: Record<string, Schema>): Schema {
  return { properties };
}

/** How lists in metadata merge; the same for every kind. */
export const METADATA: Schema = struct({
  annotations: {},
  labels: {},
  finalizers: SET,
  generateName: {},
  ownerReferences: listMap({ "x-kubernetes-map-type": "atomic" }, "uid"),
});

export const CONDITIONS: Schema = struct({
  conditions: listMap({}, "type"),
});

/** The protocol is part of a port's identity, also when it is left out. */
const PORT: Schema = struct({ protocol: { default: "TCP" } });

const CONTAINER: Schema = struct({
  env: listMap({}, "name"),
  ports: listMap(PORT, "containerPort", "protocol"),
  volumeMounts: listMap({}, "mountPath"),
  volumeDevices: listMap({}, "devicePath"),
});

/** A pod, and the pod template of a Deployment. */
export const CONTAINER_TEMPLATE: Schema = struct({
  metadata: METADATA,
  spec: struct({
    containers: listMap(CONTAINER, "name"),
    initContainers: listMap(CONTAINER, "name"),
    volumes: listMap({}, "name"),
    imagePullSecrets: listMap({ "x-kubernetes-map-type": "atomic" }, "name"),
  }),
  status: CONDITIONS,
});

export const SERVICE_SPEC: Schema = struct({
  ports: listMap(PORT, "port", "protocol"),
  selector: { "x-kubernetes-map-type": "atomic" },
});
