import { type Clock, seededRandom, SystemClock } from "@vworkspace/kernel";
import { ResourceApi } from "./api/resource-api";
import { ClusterAccess } from "./controllers/cluster-access";
import type { Controller } from "./controllers/controller";
import { DefinitionController } from "./controllers/definition-controller";
import { DeploymentController } from "./controllers/deployment-controller";
import { FLUX_DEFINITIONS } from "./controllers/flux/flux-definitions";
import { HelmController } from "./controllers/flux/helm-controller";
import { SourceController } from "./controllers/flux/source-controller";
import { GarbageCollector } from "./controllers/garbage-collector";
import { NamespaceController } from "./controllers/namespace-controller";
import type { Pace, Surroundings } from "./controllers/paced-work";
import { VeleroController } from "./controllers/velero/velero-controller";
import { VELERO_OBJECTS } from "./controllers/velero/velero-objects";
import { Router } from "./http/router";
import { WatchStreams, type WatchTimes } from "./http/watch-stream";
import type { KubeObject } from "./kube-object";
import { CUSTOM_RESOURCE_DEFINITIONS } from "./resources/built-in";
import { Catalog } from "./resources/catalog";
import { storageKey } from "./resources/resource-type";
import { vworkspaceRules } from "./resources/vworkspace-rules";
import { CourseBook } from "./script/course-book";
import type { CourseRule } from "./script/simulator-script";
import { ShiftedClock } from "./shifted-clock";
import { SnapshotFile } from "./store/snapshot-file";
import { Store } from "./store/store";

export interface ClusterOptions {
  /** Definitions, or other objects, that are there from the start. */
  readonly definitions?: readonly object[];
  /** File that keeps the cluster's content; left out: it is gone with the process. */
  readonly statePath?: string;
  /** Of the stand-in Flux controllers; left out: there are none. */
  readonly flux?: StandInOptions;
  /** Of the stand-in for Velero; left out: there is none. */
  readonly velero?: StandInOptions;
  /** How many changes can be watched from or read back; 10,000 when left out. */
  readonly historyLength?: number;
  readonly watchTimes?: Partial<WatchTimes>;
  readonly clock?: Clock;
  /** Told of mistakes of the simulator itself. */
  readonly onError?: (error: unknown) => void;
}

export interface StandInOptions {
  /** Every step takes a random time in this range. */
  readonly delayMs: Pace;
}

/** The parts of a script that a cluster needs, its faults aside. */
export interface ClusterScript {
  readonly seed: number;
  readonly clockAheadSeconds: number;
  readonly courses: readonly CourseRule[];
}

/** A cluster in memory with its controllers at work, and no way in yet but `router`. */
export interface SimulatedCluster {
  readonly router: Router;
  readonly clock: ShiftedClock;
  readonly courses: CourseBook;
  /** Ends the controllers and every watch; `close` writes the state file. */
  stop(): void;
  close(): void;
}

const NAMESPACES_OF_EVERY_CLUSTER = [
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
];

/** @throws Error when the state file cannot be read */
export function openSimulatedCluster(
  options: ClusterOptions,
  script: ClusterScript,
): SimulatedCluster {
  const parts = assemble(options, script);
  const controllers = startControllers(options, parts);
  const { api, catalog, watches } = parts;
  const snapshot = options.statePath
    ? new SnapshotFile(options.statePath, api.store)
    : undefined;
  if (snapshot?.load()) resume(api.store, controllers);
  snapshot?.keep();
  seed(new ClusterAccess(api, catalog, "simulator"), options);
  return {
    router: new Router(api, catalog, watches),
    clock: parts.clock,
    courses: parts.courses,
    stop: () => {
      for (const controller of controllers) controller.stop();
      watches.end();
    },
    close: () => snapshot?.close(),
  };
}

interface Parts {
  readonly api: ResourceApi;
  readonly catalog: Catalog;
  readonly clock: ShiftedClock;
  readonly courses: CourseBook;
  readonly random: () => number;
  readonly watches: WatchStreams;
}

function assemble(options: ClusterOptions, script: ClusterScript): Parts {
  const clock = new ShiftedClock(
    options.clock ?? new SystemClock(),
    script.clockAheadSeconds * 1_000,
  );
  const store = new Store(options.historyLength ?? 10_000);
  const api = new ResourceApi(store, clock, vworkspaceRules);
  const watches = new WatchStreams(api, {
    bookmarkMs: 60_000,
    defaultTimeoutMs: 30 * 60_000,
    ...options.watchTimes,
  });
  return {
    api,
    catalog: new Catalog(),
    clock,
    courses: new CourseBook(script.courses),
    random: seededRandom(script.seed),
    watches,
  };
}

type AccessOf = (manager: string) => ClusterAccess;

function startControllers(options: ClusterOptions, parts: Parts): Controller[] {
  const { api, catalog, clock, watches } = parts;
  const onError = options.onError ?? console.error;
  const access: AccessOf = (manager) =>
    new ClusterAccess(api, catalog, manager);
  const manager = access("kube-controller-manager");
  const controllers: Controller[] = [
    new DefinitionController(access("kube-apiserver"), clock, {
      onUnserved: (resource) => watches.end(resource),
      onError,
    }),
    new NamespaceController(manager, clock, onError),
    new GarbageCollector(manager, clock, onError),
    new DeploymentController(manager, clock, onError),
    ...standIns(options, { ...parts, onError }, access),
  ];
  api.store.onChange((change) => {
    for (const controller of controllers) controller.onChange(change);
  });
  return controllers;
}

/** Of controllers that people install. */
function standIns(
  { flux, velero }: ClusterOptions,
  surroundings: Omit<Surroundings, "pace">,
  access: AccessOf,
): Controller[] {
  const around = ({ delayMs: pace }: StandInOptions) => ({
    ...surroundings,
    pace,
  });
  return [
    ...(flux
      ? [
          new SourceController(access("source-controller"), around(flux)),
          new HelmController(
            access("helm-controller"),
            around(flux),
            access("somebody"),
          ),
        ]
      : []),
    ...(velero ? [new VeleroController(access("velero"), around(velero))] : []),
  ];
}

/** Shows the controllers what the state file held, as their own first list would. */
function resume(store: Store, controllers: readonly Controller[]): void {
  const definitions = storageKey(CUSTOM_RESOURCE_DEFINITIONS);
  const objects = store
    .content()
    .objects.toSorted((a, b) =>
      a.resource === b.resource ? 0 : a.resource === definitions ? -1 : 1,
    );
  for (const { resource, object } of objects) {
    const { namespace, name } = object.metadata;
    const change = {
      type: "ADDED" as const,
      revision: store.revision,
      resource,
      key: namespace === undefined ? name : `${namespace}/${name}`,
      object,
      previous: undefined,
    };
    for (const controller of controllers) controller.onChange(change);
  }
}

function seed(cluster: ClusterAccess, options: ClusterOptions): void {
  for (const name of NAMESPACES_OF_EVERY_CLUSTER)
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const object of [
    ...(options.flux ? FLUX_DEFINITIONS : []),
    ...(options.velero ? VELERO_OBJECTS : []),
    ...(options.definitions ?? []),
  ])
    cluster.apply(object as KubeObject);
}
