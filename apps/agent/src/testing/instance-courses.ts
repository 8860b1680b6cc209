import type { KubeObject, ObjectRef } from "@vworkspace/kube";
import { APPLICATION_INSTANCE } from "@vworkspace/resources";
import { HELM_RELEASE, OCI_REPOSITORY } from "../watches/watched-kinds";
import type { AgentBench } from "./agent-bench";
import { eventually } from "../../../../test/cluster/eventually";
import type { FluxCourse } from "./flux-course";
import {
  conditionOf,
  instanceManifest,
  type SeenCondition,
} from "./instance-manifest";

const PERSON = { fieldManager: "person" };
/** Longer than the rechecks of what stands still. */
const PATIENCE_MS = 40_000;

export const CHART = {
  sourceType: "oci",
  url: "oci://registry.example.com/charts",
  name: "podinfo",
  version: "1.2.3",
} as const;

/** What a person of one namespace does with instances, and sees of them. */
export class InstanceCourses {
  constructor(
    readonly bench: AgentBench,
    readonly namespace: string,
  ) {}

  /** Creates the instance or changes it to this. */
  async apply(
    name: string,
    spec: Readonly<Record<string, unknown>> = {},
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const manifest = instanceManifest(this.namespace, name, spec);
    const metadata = { ...manifest.metadata, annotations };
    await this.bench.api.apply<KubeObject>(
      { ...manifest, metadata },
      { ...PERSON, force: true },
    );
  }

  async ready(
    name: string,
    spec: Readonly<Record<string, unknown>> = {},
  ): Promise<KubeObject> {
    await this.apply(name, spec);
    return this.becomes(name, "Ready True HelmReleaseReady");
  }

  /**
   * Waits until a condition of the instance's newest generation is so.
   * @param condition `type status reason`
   */
  async becomes(name: string, condition: string): Promise<KubeObject> {
    const [type = ""] = condition.split(" ");
    return eventually(
      `${name} is ${condition}`,
      async () => {
        const object = await this.instance(name);
        const seen = conditionOf(object, type);
        const { observedGeneration } = (object?.["status"] ?? {}) as {
          observedGeneration?: number;
        };
        const isNewest = observedGeneration === object?.metadata.generation;
        const isSo =
          `${type} ${seen?.status} ${seen?.reason}` === condition && isNewest;
        return isSo ? object : undefined;
      },
      PATIENCE_MS,
    );
  }

  async said(name: string, type: string): Promise<SeenCondition | undefined> {
    return conditionOf(await this.instance(name), type);
  }

  instance(name: string): Promise<KubeObject | undefined> {
    return this.bench.instance(this.namespace, name);
  }

  get(kind: { apiVersion: string; kind: string }, name: string) {
    return this.bench.api.get<KubeObject>(this.ref(kind, name));
  }

  async releaseSpec(name: string): Promise<Readonly<Record<string, unknown>>> {
    const release = await this.get(HELM_RELEASE, name);
    return (release?.["spec"] ?? {}) as Record<string, unknown>;
  }

  /** As `kubectl edit` does. */
  async edit(ref: ObjectRef, patch: object): Promise<void> {
    await this.bench.api.patch(ref, patch, { fieldManager: "kubectl-edit" });
  }

  async create(object: KubeObject): Promise<void> {
    const { namespace } = this;
    await this.bench.api.create<KubeObject>(
      { ...object, metadata: { ...object.metadata, namespace } },
      PERSON,
    );
  }

  play(name: string, course: FluxCourse): void {
    this.bench.fluxStandIn.play(this.namespace, name, course);
  }

  async delete(name: string): Promise<void> {
    await this.bench.api.delete(this.ref(APPLICATION_INSTANCE, name));
  }

  /** Waits until instance, HelmRelease, source and Helm's records are gone. */
  async isGone(name: string, releaseName = name): Promise<void> {
    await eventually(
      `${name} is gone`,
      async () => (await this.instance(name)) === undefined,
      PATIENCE_MS,
    );
    for (const kind of [HELM_RELEASE, OCI_REPOSITORY])
      expect(await this.get(kind, name)).toBe(undefined);
    expect(await this.records(releaseName)).toEqual([]);
  }

  /** Names of Helm's release Secrets. */
  async records(releaseName: string): Promise<readonly string[]> {
    const secrets = await this.bench.api.list(
      { apiVersion: "v1", kind: "Secret" },
      {
        namespace: this.namespace,
        labelSelector: `owner=helm,name=${releaseName}`,
      },
    );
    return secrets.map(({ metadata }) => metadata.name);
  }

  /** `type reason ×count` of the Events about an instance. */
  async events(name: string): Promise<readonly string[]> {
    const events = await this.bench.api.list<KubeObject>(
      { apiVersion: "events.k8s.io/v1", kind: "Event" },
      { namespace: this.namespace },
    );
    return events
      .filter((event) => {
        const regarding = event["regarding"] as { kind?: string; name: string };
        return (
          regarding.kind === APPLICATION_INSTANCE.kind &&
          regarding.name === name
        );
      })
      .map((event) => {
        const { count = 1 } = (event["series"] ?? {}) as { count?: number };
        return `${String(event["type"])} ${String(event["reason"])} ×${count}`;
      });
  }

  ref(kind: { apiVersion: string; kind: string }, name: string): ObjectRef {
    const { namespace } = this;
    return { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name };
  }
}
