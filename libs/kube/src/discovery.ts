import type { Clock } from "@vworkspace/kernel";
import { z } from "zod";
import { errorOfResponse } from "./api-status";
import { decodeJson } from "./decode-json";
import type { KubeConnection } from "./kube-connection";
import { KindMissingError, KubeError } from "./kube-error";
import type { Kind } from "./kube-object";

/** How a kind is reached by HTTP. */
export interface Resource {
  /** `/apis/helm.toolkit.fluxcd.io/v2` or `/api/v1`. */
  readonly root: string;
  /** The plural that stands in the path. */
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
}

/** APIResourceList (meta/v1): what `/apis/<group>/<version>` answers. */
const resourceListSchema = z.object({
  resources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
    }),
  ),
});

interface CachedVersion {
  readonly readAt: number;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** Knowledge older than this is not used to say whether a kind is served. */
const MAX_AGE_MS = 30_000;
/** "Not served" is forgotten sooner: a CRD that appears should be picked up soon. */
const MAX_ABSENCE_AGE_MS = 1_000;

const API_VERSION =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/;

/**
 * Which kinds the API server serves and under which paths, read per group and version when first needed. A known path is
 * used until a request on it says that the kind is gone (forget); concurrent questions share one request.
 */
export class Discovery {
  private readonly versions = new Map<string, CachedVersion>();
  private readonly reads = new Map<string, Promise<CachedVersion>>();

  constructor(
    private readonly connection: KubeConnection,
    private readonly clock: Clock,
  ) {}

  /** @throws KindMissingError where the kind is not served */
  async resourceOf(kind: Kind): Promise<Resource> {
    const known = this.versions.get(kind.apiVersion)?.resources.get(kind.kind);
    const found = known ?? (await this.currentResource(kind));
    if (found !== undefined) return found;
    throw new KindMissingError(
      `The API server does not serve ${kind.kind} in ${kind.apiVersion}: install its CustomResourceDefinition.`,
      { status: 404, reason: "NotFound" },
    );
  }

  async serves(kind: Kind): Promise<boolean> {
    return (await this.currentResource(kind)) !== undefined;
  }

  /** What is known of the kind's group and version may be out of date, and what is being read of it too. */
  forget(kind: Kind): void {
    this.versions.delete(kind.apiVersion);
    this.reads.delete(kind.apiVersion);
  }

  private async currentResource(kind: Kind): Promise<Resource | undefined> {
    const cached = this.versions.get(kind.apiVersion);
    const found = cached?.resources.get(kind.kind);
    const maxAgeMs = found === undefined ? MAX_ABSENCE_AGE_MS : MAX_AGE_MS;
    if (cached && this.clock.monotonic() - cached.readAt < maxAgeMs)
      return found;
    const version = await this.read(kind.apiVersion);
    return version.resources.get(kind.kind);
  }

  private read(apiVersion: string): Promise<CachedVersion> {
    const underWay = this.reads.get(apiVersion);
    if (underWay !== undefined) return underWay;
    const isCurrent = () => this.reads.get(apiVersion) === read;
    const read: Promise<CachedVersion> = this.fetchVersion(apiVersion)
      .then((version) => {
        if (isCurrent()) this.versions.set(apiVersion, version);
        return version;
      })
      .finally(() => {
        if (isCurrent()) this.reads.delete(apiVersion);
      });
    this.reads.set(apiVersion, read);
    return read;
  }

  private async fetchVersion(apiVersion: string): Promise<CachedVersion> {
    const root = rootOf(apiVersion);
    const attempt = { description: `read the kinds of ${apiVersion}` };
    const response = await this.connection.send({ method: "GET", path: root });
    if (response.status !== 200 && response.status !== 404)
      throw errorOfResponse(response, attempt);
    const resources =
      response.status === 404
        ? new Map<string, Resource>()
        : resourcesIn(
            decodeJson(response.text, resourceListSchema, attempt.description),
            root,
          );
    return { readAt: this.clock.monotonic(), resources };
  }
}

function rootOf(apiVersion: string): string {
  if (!API_VERSION.test(apiVersion))
    throw new KubeError(
      `apiVersion ${JSON.stringify(apiVersion)} is not a group and version like apps/v1.`,
      { status: 400, reason: "BadRequest" },
    );
  return apiVersion.includes("/")
    ? `/apis/${apiVersion}`
    : `/api/${apiVersion}`;
}

function resourcesIn(
  list: z.infer<typeof resourceListSchema>,
  root: string,
): Map<string, Resource> {
  const names = new Set(list.resources.map((resource) => resource.name));
  const byKind = new Map<string, Resource>();
  for (const { name, kind, namespaced } of list.resources) {
    // `deployments/scale` and the like are subresources, some with a kind of their own.
    if (name.includes("/")) continue;
    byKind.set(kind, {
      root,
      plural: name,
      isNamespaced: namespaced,
      hasStatus: names.has(`${name}/status`),
    });
  }
  return byKind;
}
