import { APPLICATION_INSTANCE, CLUSTER, OPERATION } from "../names";

/** A manifest as it comes from outside: nothing is promised of its spec. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

type Spec = Readonly<Record<string, unknown>>;

export const NAMESPACE = "resources-spec";

export const CHART = {
  sourceType: "oci",
  url: "oci://registry.example.com/charts",
  name: "nextcloud",
  version: "6.6.0",
};

export const RELEASE = { name: "files", namespace: NAMESPACE };

/** A managed instance; the fields of `spec` replace those of the whole one, undefined removes. */
export function managed(spec: Spec = {}, name = "files"): Manifest {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name, namespace: NAMESPACE },
    spec: defined({
      appRef: { catalogId: "nextcloud" },
      chart: CHART,
      release: RELEASE,
      values: { source: "inline", inline: {} },
      ...spec,
    }),
  };
}

export function placeholder(spec: Spec = {}): Manifest {
  return {
    ...APPLICATION_INSTANCE,
    metadata: { name: "cluster-ops", namespace: NAMESPACE },
    spec: defined({
      mode: "placeholder",
      appRef: { catalogId: "cluster-ops" },
      ...spec,
    }),
  };
}

export function operation(spec: Spec = {}): Manifest {
  return {
    ...OPERATION,
    metadata: { name: "files-backup-1", namespace: NAMESPACE },
    spec: defined({
      targetRef: { ...APPLICATION_INSTANCE, name: "files" },
      type: "Backup",
      engine: "velero",
      ...spec,
    }),
  };
}

export function cluster(spec?: Spec): Manifest {
  return {
    ...CLUSTER,
    metadata: { name: "cluster-1" },
    ...(spec === undefined ? {} : { spec }),
  };
}

function defined(spec: Spec): Spec {
  return Object.fromEntries(
    Object.entries(spec).filter(([, value]) => value !== undefined),
  );
}
