import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson } from "@vworkspace/contract";
import { ANNOTATIONS } from "@vworkspace/resources";
import { type KubeBody, KubeHttp } from "../cluster/kube-http";
import type { Place } from "./place";

/** An ApplicationInstance at one moment. */
export interface Sighting extends Place {
  readonly uid: string;
  /** Kubernetes' own: it counts the writes that changed the spec, and the deletion. */
  readonly generation: number;
  /** The gateway's, stamped on it. */
  readonly stamp: number;
  readonly specDigest: string;
  readonly isDeleting: boolean;
}

const PATH = "/apis/apps.vworkspace.io/v1alpha1/applicationinstances";
const RETRY_MS = 50;

/**
 * Watches the ApplicationInstances beside the agent, past every fault of its links, and notes each state of each. What
 * happens while the API server is away or has forgotten its history is seen by its outcome only.
 */
export class ClusterWitness {
  readonly sightings: Sighting[] = [];
  private readonly http: KubeHttp;
  private readonly watching: Promise<void>;
  private isStopping = false;

  constructor(kubeconfigPath: string) {
    this.http = new KubeHttp(kubeconfigPath);
    this.watching = this.run();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.http.close();
    await this.watching;
  }

  private async run(): Promise<void> {
    let revision: string | undefined;
    while (!this.isStopping) {
      try {
        revision ??= await this.list();
        revision = await this.watchFrom(revision);
      } catch {
        // The API server is away; it is asked again.
      }
      if (!this.isStopping) await sleep(RETRY_MS);
    }
  }

  /** @returns the revision to watch from */
  private async list(): Promise<string> {
    const { code, body } = await this.http.get(PATH);
    if (code !== 200) throw new Error(body.message ?? String(code));
    for (const item of body.items) this.note(item);
    return body.metadata.resourceVersion;
  }

  /** @returns the revision to go on from; undefined when only a new list helps */
  private async watchFrom(revision: string): Promise<string | undefined> {
    let last = revision;
    const query = `watch=1&resourceVersion=${revision}`;
    try {
      for await (const { type, object } of this.http.watch(
        `${PATH}?${query}`,
      )) {
        if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED")
          return undefined;
        last = object.metadata.resourceVersion;
        if (type !== "DELETED") this.note(object);
      }
    } catch {
      // Cut; what came until then is known.
    }
    return last;
  }

  private note({ metadata, spec = {} }: KubeBody): void {
    const { namespace = "", name, uid, generation = 0 } = metadata;
    const { annotations, deletionTimestamp } = metadata;
    this.sightings.push({
      namespace,
      name,
      uid,
      generation,
      stamp: Number(annotations?.[ANNOTATIONS.intentGeneration] ?? 0),
      specDigest: createHash("sha256")
        .update(canonicalJson(spec))
        .digest("hex"),
      isDeleting: deletionTimestamp !== undefined,
    });
  }
}
