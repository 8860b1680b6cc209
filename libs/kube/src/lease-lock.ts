import type { KubeApi } from "./kube-api";
import { KubeError } from "./kube-error";
import type { Kind, KubeObject } from "./kube-object";

/** The requests that a Lease takes. */
export type LeaseApi = Pick<KubeApi, "get" | "create" | "patch">;

/** coordination.k8s.io/v1 LeaseSpec; times are RFC 3339 with microseconds, and for people only. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** A Lease as it was when it was read or written. */
export interface SeenLease {
  readonly spec: LeaseSpec;
  readonly resourceVersion: string;
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export const LEASE: Kind = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
};
const MANAGER = { fieldManager: "vworkspace-agent" };

/** A Lease of which every write says what it replaces, so that of two writers one fails. */
export class LeaseLock {
  constructor(
    private readonly api: LeaseApi,
    private readonly at: LeaseName,
  ) {}

  async read(): Promise<SeenLease | undefined> {
    const lease = await this.api.get({ ...LEASE, ...this.at });
    return lease && seen(lease);
  }

  /** @returns undefined where there is one by now */
  create(spec: LeaseSpec): Promise<SeenLease | undefined> {
    const lease = { ...LEASE, metadata: { ...this.at }, spec };
    return unless([409], this.api.create<KubeObject>(lease, MANAGER));
  }

  /** @returns undefined where it has changed by now, or is gone */
  replace(old: SeenLease, spec: LeaseSpec): Promise<SeenLease | undefined> {
    const { resourceVersion } = old;
    const patch = { metadata: { resourceVersion }, spec };
    return unless(
      [404, 409],
      this.api.patch<KubeObject>({ ...LEASE, ...this.at }, patch, MANAGER),
    );
  }
}

async function unless(
  outrun: readonly number[],
  write: Promise<KubeObject>,
): Promise<SeenLease | undefined> {
  try {
    return seen(await write);
  } catch (error) {
    if (error instanceof KubeError && outrun.includes(error.status))
      return undefined;
    throw error;
  }
}

function seen(lease: KubeObject): SeenLease {
  return {
    spec: lease["spec"] ?? {},
    resourceVersion: lease.metadata.resourceVersion ?? "",
  };
}
