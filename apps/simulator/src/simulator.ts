import { randomBytes } from "node:crypto";
import { SystemClock, type Clock } from "@vworkspace/kernel";
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
import { ApiServer } from "./http/server";
import { Router } from "./http/router";
import { WatchStreams, type WatchTimes } from "./http/watch-stream";
import type { KubeObject } from "./kube-object";
import { CUSTOM_RESOURCE_DEFINITIONS } from "./resources/built-in";
import { Catalog } from "./resources/catalog";
import { storageKey } from "./resources/resource-type";
import { vworkspaceRules } from "./resources/vworkspace-rules";
import { SnapshotFile } from "./store/snapshot-file";
import { Store } from "./store/store";

export interface SimulatorOptions {
  /** A loopback address; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0, or left out: any free port. */
  readonly port?: number;
  /** Of the one user, who may do everything; a random one when left out. */
  readonly token?: string;
  /** Definitions to serve from the start. */
  readonly definitions?: readonly object[];
  /** File that keeps the cluster's content; left out: it is gone with the process. */
  readonly statePath?: string;
  /** Of the stand-in Flux controllers; left out: there are none. */
  readonly flux?: FluxOptions;
  /** How many changes can be watched from or read back; 10,000 when left out. */
  readonly historyLength?: number;
  readonly watchTimes?: Partial<WatchTimes>;
  readonly clock?: Clock;
  /** Told of mistakes of the simulator itself. */
  readonly onError?: (error: unknown) => void;
}

export interface FluxOptions {
  /** Every step takes a random time in this range. */
  readonly delayMs: { readonly min: number; readonly max: number };
}

export interface Simulator {
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly token: string;
  /** How many requests have come, watches included. */
  requestCount(): number;
  /** Ends every watch, writes the state file, frees the port. */
  stop(): Promise<void>;
}

const NAMESPACES_OF_EVERY_CLUSTER = [
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
];

/** Starts a cluster in memory. @throws Error when the address cannot be had or the state file cannot be read */
export async function startSimulator(
  options: SimulatorOptions = {},
): Promise<Simulator> {
  const cluster = assemble(options);
  const controllers = startControllers(options, cluster);
  const snapshot = options.statePath
    ? new SnapshotFile(options.statePath, cluster.api.store)
    : undefined;
  if (snapshot?.load()) resume(cluster.api.store, controllers);
  snapshot?.keep();
  seed(new ClusterAccess(cluster.api, cluster.catalog, "simulator"), options);

  const token = options.token ?? randomBytes(24).toString("base64url");
  const router = new Router(cluster.api, cluster.catalog, cluster.watches);
  const server = new ApiServer(router, token);
  const { host = "127.0.0.1", port = 0 } = options;
  const url = await server.listen(host, port);
  return {
    url,
    token,
    requestCount: () => server.requestCount,
    stop: async () => {
      for (const controller of controllers) controller.stop();
      cluster.watches.end();
      await server.close();
      snapshot?.flush();
    },
  };
}

interface Parts {
  readonly api: ResourceApi;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly watches: WatchStreams;
}

function assemble(options: SimulatorOptions): Parts {
  const clock = options.clock ?? new SystemClock();
  const store = new Store(options.historyLength ?? 10_000);
  const api = new ResourceApi(store, clock, vworkspaceRules);
  const watches = new WatchStreams(api, {
    bookmarkMs: 60_000,
    defaultTimeoutMs: 30 * 60_000,
    ...options.watchTimes,
  });
  return { api, catalog: new Catalog(), clock, watches };
}

function startControllers(
  options: SimulatorOptions,
  { api, catalog, clock, watches }: Parts,
): Controller[] {
  const onError = options.onError ?? console.error;
  const access = (manager: string) => new ClusterAccess(api, catalog, manager);
  const manager = access("kube-controller-manager");
  const controllers: Controller[] = [
    new DefinitionController(access("kube-apiserver"), clock, {
      onUnserved: (resource) => watches.end(resource),
      onError,
    }),
    new NamespaceController(manager, clock, onError),
    new GarbageCollector(manager, clock, onError),
    new DeploymentController(manager, clock, onError),
  ];
  if (options.flux) {
    const { delayMs: pace } = options.flux;
    const surroundings = { clock, pace, random: Math.random, onError };
    controllers.push(
      new SourceController(access("source-controller"), surroundings),
      new HelmController(access("helm-controller"), surroundings),
    );
  }
  api.store.onChange((change) => {
    for (const controller of controllers) controller.onChange(change);
  });
  return controllers;
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

function seed(cluster: ClusterAccess, options: SimulatorOptions): void {
  for (const name of NAMESPACES_OF_EVERY_CLUSTER)
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const own = options.flux ? FLUX_DEFINITIONS : [];
  for (const definition of [...own, ...(options.definitions ?? [])])
    cluster.apply(definition as KubeObject);
}
