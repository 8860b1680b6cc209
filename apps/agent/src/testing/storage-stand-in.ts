import type { KubeApi, KubeObject } from "@vworkspace/kube";
import {
  mounts,
  type Pod,
  replicasOf,
  VOLUME_CLAIM,
  VOLUME_SNAPSHOT,
  type VolumeClaim,
  type VolumeSnapshot,
  type Workload,
} from "../engines/snapshot/snapshot-objects";
import { DEPLOYMENT, EVENT, POD, STATEFUL_SET } from "../watches/watched-kinds";

const MANAGER = { fieldManager: "storage-stand-in" };
const IN_USE = "kubernetes.io/pvc-protection";

/** How storage fares; what isn't said goes well. */
export interface StorageCourse {
  /** New volumes are not bound. */
  readonly isSlow?: boolean;
  /** Pods don't go when their workload is scaled to zero. */
  readonly doPodsStay?: boolean;
}

/**
 * Does in one namespace, whenever it is told to look, what the snapshot controller, a CSI driver and Kubernetes' controllers
 * of workloads and volumes would do there.
 */
export class StorageStandIn {
  course: StorageCourse = {};

  constructor(
    private readonly api: KubeApi,
    readonly namespace: string,
  ) {}

  /** A bound volume with its protection. */
  async volume(
    name: string,
    metadata: Partial<KubeObject["metadata"]> = {},
  ): Promise<void> {
    const claim: VolumeClaim = {
      ...VOLUME_CLAIM,
      metadata: {
        name,
        namespace: this.namespace,
        finalizers: [IN_USE],
        ...metadata,
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "fast",
        resources: { requests: { storage: "1Gi" } },
      },
    };
    await this.api.create(claim, MANAGER);
    await this.status(claim, { phase: "Bound" });
  }

  /** A Deployment whose pods, which run, have the volume. */
  async deployment(name: string, claim: string, replicas = 1): Promise<void> {
    await this.workload(DEPLOYMENT, name, {
      replicas,
      template: templateOf(name, [claim]),
    });
  }

  /** A StatefulSet that makes a volume for each of its pods. */
  async statefulSet(
    name: string,
    template: string,
    replicas: number,
  ): Promise<void> {
    const spec = {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    };
    await this.workload(STATEFUL_SET, name, {
      replicas,
      serviceName: name,
      template: templateOf(name, []),
      volumeClaimTemplates: [{ metadata: { name: template }, spec }],
    });
  }

  /** As a driver says why it makes no volume. */
  async complainsOf(name: string, message: string): Promise<void> {
    const { namespace } = this;
    const { apiVersion, kind } = VOLUME_CLAIM;
    const claim = await this.api.get({ ...VOLUME_CLAIM, namespace, name });
    const uid = claim?.metadata.uid;
    await this.api.create<KubeObject>(
      {
        ...EVENT,
        metadata: { name: `${name}.${uid}`, namespace },
        involvedObject: { apiVersion, kind, namespace, name, uid },
        type: "Warning",
        reason: "ProvisioningFailed",
        message,
        lastTimestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      },
      MANAGER,
    );
  }

  async snapshotIs(
    name: string,
    status: VolumeSnapshot["status"] & object,
  ): Promise<void> {
    const { namespace } = this;
    await this.status(
      { ...VOLUME_SNAPSHOT, metadata: { name, namespace } },
      status,
    );
  }

  async snapshotIsReady(name: string): Promise<void> {
    await this.snapshotIs(name, {
      readyToUse: true,
      boundVolumeSnapshotContentName: `content-${name}`,
      restoreSize: "2Gi",
    });
  }

  /** One look of all controllers. */
  async look(): Promise<void> {
    const { namespace } = this;
    const workloads = [
      ...(await this.api.list<Workload>(DEPLOYMENT, { namespace })),
      ...(await this.api.list<Workload>(STATEFUL_SET, { namespace })),
    ];
    for (const workload of workloads) await this.scale(workload);
    for (const claim of await this.api.list<VolumeClaim>(VOLUME_CLAIM, {
      namespace,
    }))
      await this.followClaim(claim);
  }

  private async workload(
    kind: { apiVersion: string; kind: string },
    name: string,
    spec: object,
  ): Promise<void> {
    const selector = { matchLabels: { app: name } };
    await this.api.create<KubeObject>(
      {
        ...kind,
        metadata: { name, namespace: this.namespace },
        spec: { selector, ...spec },
      },
      MANAGER,
    );
    await this.look();
  }

  private async scale(workload: Workload): Promise<void> {
    const { namespace } = this;
    const metadata = { namespace, name: `${workload.metadata.name}-0` };
    const ref = { ...POD, ...metadata };
    const isThere = (await this.api.get(ref)) !== undefined;
    const isWanted = replicasOf(workload) > 0;
    if (isThere && !isWanted && !this.course.doPodsStay)
      await this.api.delete(ref);
    if (isThere || !isWanted) return;
    const spec = workload.spec?.template?.spec;
    await this.api.create<KubeObject>({ ...POD, metadata, spec }, MANAGER);
  }

  private async followClaim(claim: VolumeClaim): Promise<void> {
    const { namespace } = this;
    const { name, finalizers = [], deletionTimestamp } = claim.metadata;
    if (deletionTimestamp !== undefined) {
      const pods = await this.api.list<Pod>(POD, { namespace });
      if (pods.some(({ spec }) => mounts(spec, name))) return;
      const others = finalizers.filter((item) => item !== IN_USE);
      const patch = { metadata: { finalizers: others } };
      await this.api.patch(
        { ...VOLUME_CLAIM, namespace, name },
        patch,
        MANAGER,
      );
      return;
    }
    if (claim.status?.phase !== "Bound" && !this.course.isSlow)
      await this.status(claim, { phase: "Bound" });
  }

  private async status(
    { apiVersion, kind, metadata: { name, namespace } }: KubeObject,
    status: object,
  ): Promise<void> {
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    await this.api.patchStatus<KubeObject>(
      { apiVersion, kind, metadata, status },
      MANAGER,
    );
  }
}

function templateOf(app: string, claims: readonly string[]) {
  const volumes = claims.map((claimName) => ({
    name: claimName,
    persistentVolumeClaim: { claimName },
  }));
  return {
    metadata: { labels: { app } },
    spec: {
      containers: [{ name: "main", image: "registry.example.com/web:1" }],
      volumes,
    },
  };
}
