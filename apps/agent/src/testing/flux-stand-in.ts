import { type KubeClient, type KubeObject, Reflector } from "@vworkspace/kube";
import {
  EVENT,
  HELM_RELEASE,
  HELM_REPOSITORY,
  OCI_REPOSITORY,
} from "../watches/watched-kinds";
import { CHART_FAILURES, type FluxCourse } from "./flux-course";
import { outcomeOf } from "./flux-outcome";
import {
  type Artifact,
  artifactOf,
  chartVersion,
  condition,
  inventory,
  type Release,
  type Source,
  type Words,
} from "./flux-status";

const MANAGER = { fieldManager: "flux-stand-in" };
const FINALIZER = "finalizers.fluxcd.io";

/**
 * Does to Flux objects on an API server without Flux what Flux's controllers would do, as far as their status, their Events
 * and Helm's release Secrets are concerned. Charts whose version begins with 0.0. don't exist; what else may go wrong is told
 * by play().
 */
export class FluxStandIn {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private readonly sources = new Map<string, Source>();
  private readonly busy = new Map<string, Promise<void>>();
  private readonly waiting = new Map<string, () => Promise<void>>();
  private readonly courses = new Map<string, FluxCourse>();
  /** What of an object was looked at when nothing was left to do: it is left alone until something of that changes. */
  private readonly settled = new Map<string, string>();
  /** Looks that an uninstallation has taken. */
  private readonly looks = new Map<string, number>();

  constructor(private readonly api: KubeClient) {}

  start(): void {
    const { signal } = this.stopping;
    const sources = [OCI_REPOSITORY, HELM_REPOSITORY].map(
      (kind) =>
        new Reflector<Source>(this.api, kind, {
          onChange: (key, object) => this.onSource(key, object),
          resyncMs: 300,
        }),
    );
    const releases = new Reflector<Release>(this.api, HELM_RELEASE, {
      onChange: (key, object) => {
        if (object && this.settled.get(key) !== this.sightOf(key, object))
          this.inTurn(key, () => this.reconcile(key));
      },
      resyncMs: 300,
    });
    this.running = Promise.all(
      [...sources, releases].map((reflector) => reflector.start(signal)),
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.busy.values());
  }

  /** From now on this is how it goes with the Flux objects of that name. */
  play(namespace: string, name: string, course: FluxCourse): void {
    this.courses.set(`${namespace}/${name}`, course);
  }

  /** Tells of a drift as helm-controller does; in drift mode enabled it is corrected then. */
  async drift(
    namespace: string,
    name: string,
    objects: readonly string[],
  ): Promise<void> {
    const release = await this.required(namespace, name);
    const { apiVersion, kind, metadata } = release;
    const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    const involvedObject = { apiVersion, kind, namespace, name };
    await this.api.create<KubeObject>(
      {
        ...EVENT,
        metadata: { name: `${name}.${Date.now().toString(16)}`, namespace },
        involvedObject: { ...involvedObject, uid: metadata.uid },
        type: "Warning",
        reason: "DriftDetected",
        message: [
          `Cluster state of release ${namespace}/${name} has drifted from the desired state:`,
          ...objects,
        ].join("\n"),
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
        source: { component: "helm-controller" },
      },
      MANAGER,
    );
    if (release.spec.driftDetection?.mode !== "enabled") return;
    const course = this.courses.get(`${namespace}/${name}`);
    this.play(namespace, name, { ...course, readySince: at });
  }

  private async required(namespace: string, name: string): Promise<Release> {
    const ref = { ...HELM_RELEASE, namespace, name };
    const release = await this.api.get<Release>(ref);
    if (release) return release;
    throw new Error(`There is no HelmRelease ${namespace}/${name}.`);
  }

  private onSource(key: string, object: Source | undefined): void {
    const id = `${object?.kind} ${key}`;
    if (object === undefined) {
      this.sources.delete(key);
      return;
    }
    this.sources.set(key, object);
    const sight = this.sightOf(key, object);
    if (this.settled.get(id) === sight) return;
    this.inTurn(`source ${id}`, async () => {
      if (await this.fetch(key, object)) this.settled.set(id, sight);
    });
  }

  /** All that decides what becomes of an object. */
  private sightOf(key: string, { kind, metadata }: KubeObject): string {
    const { uid, resourceVersion } = metadata;
    const artifact =
      kind === HELM_RELEASE.kind ? this.sources.get(key)?.status?.artifact : {};
    const course = this.courses.get(key);
    return JSON.stringify([uid, resourceVersion, artifact, course]);
  }

  /**
   * One after the other for each key, and of what waits only the newest, so that a slow server is asked no more than it answers.
   * What is lost to a race comes again with the next change or resync.
   */
  private inTurn(key: string, work: () => Promise<void>): void {
    const isWaiting = this.waiting.has(key);
    this.waiting.set(key, work);
    if (isWaiting) return;
    const before = this.busy.get(key) ?? Promise.resolve();
    this.busy.set(
      key,
      before.then(() => this.workOf(key)).catch(() => undefined),
    );
  }

  private async workOf(key: string): Promise<void> {
    const work = this.waiting.get(key);
    this.waiting.delete(key);
    if (!this.stopping.signal.aborted) await work?.();
  }

  /** An artifact that was fetched once stays until another one is. @returns whether nothing changed */
  private async fetch(key: string, source: Source): Promise<boolean> {
    const { generation = 1 } = source.metadata;
    const failure = chartFailure(source, this.courses.get(key));
    const artifact = failure ? source.status?.artifact : artifactOf(source);
    const words = failure ?? {
      reason: "Succeeded",
      message: "stored artifact",
    };
    return this.setStatus(source, {
      observedGeneration: generation,
      ...(artifact && { artifact }),
      conditions: [condition("Ready", !failure, generation, words)],
    });
  }

  private async reconcile(key: string): Promise<void> {
    const [namespace = "", name = ""] = key.split("/");
    const release = await this.api.get<Release>({
      ...HELM_RELEASE,
      namespace,
      name,
    });
    if (release?.metadata.deletionTimestamp)
      return this.uninstall(key, release);
    if (!release) return;
    const sight = this.sightOf(key, release);
    const isDone = release.spec.suspend || (await this.release(key, release));
    if (isDone) this.settled.set(key, sight);
  }

  /** @returns whether nothing was left to do */
  private async release(key: string, release: Release): Promise<boolean> {
    const finalizers = release.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) {
      await this.setFinalizers(release, [...finalizers, FINALIZER]);
      return false;
    }
    const artifact = this.sources.get(key)?.status?.artifact;
    if (artifact === undefined) return true;
    return this.deploy(release, artifact, this.courses.get(key));
  }

  private async deploy(
    release: Release,
    artifact: Artifact,
    course: FluxCourse = {},
  ): Promise<boolean> {
    const version = chartVersion(release, artifact);
    const outcome = outcomeOf(release, version, course);
    const revision = outcome.history[0]?.version ?? 1;
    await this.storeRelease(release, revision);
    return this.setStatus(release, {
      observedGeneration: release.metadata.generation ?? 1,
      lastAttemptedRevision: version,
      ...(release.spec.chartRef && {
        lastAttemptedRevisionDigest: artifact.digest,
      }),
      inventory: inventory(release),
      ...outcome,
    });
  }

  private async storeRelease(
    release: Release,
    revision: number,
  ): Promise<void> {
    const { releaseName } = release.spec;
    await this.api.apply(
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "helm.sh/release.v1",
        metadata: {
          name: `sh.helm.release.v1.${releaseName}.v${revision}`,
          namespace: release.metadata.namespace ?? "",
          labels: { owner: "helm", name: releaseName, status: "deployed" },
        },
      },
      { ...MANAGER, force: true },
    );
  }

  /** A suspended release goes at once and leaves everything, as Flux does it. */
  private async uninstall(key: string, release: Release): Promise<void> {
    const { namespace = "", finalizers = [] } = release.metadata;
    if (!release.spec.suspend) {
      if (!this.isUninstalled(key)) return;
      const secrets = await this.api.list(
        { apiVersion: "v1", kind: "Secret" },
        {
          namespace,
          labelSelector: `owner=helm,name=${release.spec.releaseName}`,
        },
      );
      for (const { metadata } of secrets)
        await this.api.delete({
          apiVersion: "v1",
          kind: "Secret",
          namespace,
          name: metadata.name,
        });
    }
    await this.setFinalizers(
      release,
      finalizers.filter((finalizer) => finalizer !== FINALIZER),
    );
  }

  private isUninstalled(key: string): boolean {
    const { uninstall = 0 } = this.courses.get(key) ?? {};
    if (uninstall === "stuck") return false;
    const looks = this.looks.get(key) ?? 0;
    this.looks.set(key, looks + 1);
    return looks >= uninstall;
  }

  /** @returns whether it was so before */
  private async setStatus(
    object: KubeObject,
    status: object,
  ): Promise<boolean> {
    const wanted = { ...object, status };
    const { metadata } = await this.api.patchStatus<KubeObject>(
      wanted,
      MANAGER,
    );
    return metadata.resourceVersion === object.metadata.resourceVersion;
  }

  private async setFinalizers(
    release: Release,
    finalizers: string[],
  ): Promise<void> {
    const { namespace = "", name, resourceVersion } = release.metadata;
    await this.api.patch(
      { ...HELM_RELEASE, namespace, name },
      { metadata: { resourceVersion, finalizers } },
      MANAGER,
    );
  }
}

function chartFailure(
  { spec }: Source,
  course: FluxCourse | undefined,
): Words | undefined {
  const tag = spec.ref?.tag ?? "index";
  if (tag.startsWith("0.0."))
    return { reason: "OCIArtifactPullFailed", message: `${tag}: not found` };
  return course?.chart && CHART_FAILURES[course.chart];
}
