import type { ControllerName } from "@vworkspace/contract";
import type { KubeApi, KubeObject } from "@vworkspace/kube";
import { ADMISSION_USERS } from "@vworkspace/resources";
import { missingPolicies } from "../../permissions/missing-policies";
import {
  ADMISSION_POLICY,
  ADMISSION_POLICY_BINDING,
  CUSTOM_RESOURCE_DEFINITION,
  DAEMON_SET,
  DEPLOYMENT,
  NAMESPACE,
} from "../../watches/watched-kinds";
import type { Watches } from "../../watches/watches";
import {
  type ControllerFacts,
  controllersRunningAs,
  type Workload,
  workloadOf,
} from "./controllers.decide";

interface Candidate {
  readonly object: KubeObject;
  readonly names: readonly ControllerName[];
}

interface Read {
  readonly resourceVersion: string | undefined;
  readonly workload: Workload;
}

/**
 * Finds the cluster's controllers. What there is comes from watches of metadata, which also tell of every change; the few
 * workloads that count are read, each again only once it has changed. So in a steady state nothing is asked at all.
 */
export class ControllerObserver {
  private readonly reads = new Map<string, Read>();

  constructor(
    private readonly api: KubeApi,
    private readonly watches: Watches,
    private readonly agentNamespace: string = ADMISSION_USERS.agentNamespace,
  ) {}

  /** Undefined while what there is isn't known, or may not be seen. */
  async observe(): Promise<ControllerFacts | undefined> {
    const { watches } = this;
    const kinds = [CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, DAEMON_SET];
    if (!kinds.every((kind) => watches.isCurrent(kind))) return undefined;
    const definitions = watches.objects(CUSTOM_RESOURCE_DEFINITION).keys();
    return {
      definitions: new Set(definitions),
      workloads: await this.workloads(),
      ...this.policies(),
    };
  }

  /** Nothing where it isn't known, or may not be seen. */
  private policies(): Pick<ControllerFacts, "missingPolicies"> {
    const { watches } = this;
    const kinds = [ADMISSION_POLICY, ADMISSION_POLICY_BINDING] as const;
    const isKnown = kinds.every((kind) => watches.isCurrent(kind));
    if (!isKnown) return {};
    if (!kinds.every((kind) => watches.isServed(kind)))
      return { missingPolicies: "unserved" };
    if (this.agentNamespace !== ADMISSION_USERS.agentNamespace)
      return { missingPolicies: "elsewhere" };
    const [policies, bindings] = kinds.map((kind) => watches.objects(kind));
    if (policies === undefined || bindings === undefined) return {};
    return { missingPolicies: missingPolicies(policies, bindings) };
  }

  private async workloads(): Promise<Map<ControllerName, Workload[]>> {
    const found = new Map<ControllerName, Workload[]>();
    const candidates = this.candidates();
    for (const { object, names } of candidates) {
      const workload = await this.read(object);
      if (workload === undefined) continue;
      for (const name of names)
        found.set(name, [...(found.get(name) ?? []), workload]);
    }
    const seen = new Set(candidates.map(({ object }) => readKey(object)));
    for (const key of this.reads.keys())
      if (!seen.has(key)) this.reads.delete(key);
    return found;
  }

  /**
   * The workloads that bear a controller's marks. One in a namespace that opted in is an application of somebody who may call
   * it what he likes: it counts only where no other is found.
   */
  private candidates(): readonly Candidate[] {
    const optedIn = this.watches.objects(NAMESPACE);
    const all = [DEPLOYMENT, DAEMON_SET].flatMap((kind) =>
      [...this.watches.objects(kind).values()].map((seen) => {
        // A list of metadata says PartialObjectMetadata.
        const object: KubeObject = { ...seen, ...kind };
        return { object, names: controllersRunningAs(object) };
      }),
    );
    const [apart, among] = [false, true].map((isAmong) =>
      all.filter(
        ({ object, names }) =>
          names.length > 0 &&
          optedIn.has(object.metadata.namespace ?? "") === isAmong,
      ),
    ) as [Candidate[], Candidate[]];
    const taken = new Set(apart.flatMap(({ names }) => names));
    const rest = among
      .map(({ object, names }) => ({
        object,
        names: names.filter((name) => !taken.has(name)),
      }))
      .filter(({ names }) => names.length > 0);
    return [...apart, ...rest];
  }

  private async read(known: KubeObject): Promise<Workload | undefined> {
    const { namespace = "", name, resourceVersion } = known.metadata;
    const key = readKey(known);
    const before = this.reads.get(key);
    if (before !== undefined && before.resourceVersion === resourceVersion)
      return before.workload;
    const { apiVersion, kind } = known;
    const object = await this.api.get({ apiVersion, kind, namespace, name });
    if (object === undefined) return undefined;
    const workload = workloadOf(object);
    // Under the version that the watch told: a newer one that was read already is read once more, and never an older kept.
    this.reads.set(key, { resourceVersion, workload });
    return workload;
  }
}

function readKey({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}
