import { createHash } from "node:crypto";
import { valueAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { ClusterAccess } from "../cluster-access";

const EVENT = { apiVersion: "v1", kind: "Event" };
const CONTROLLER = "helm-controller";

export interface HelmEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly now: string;
}

/** Writes Events about HelmReleases as client-go's recorder does: one that is said again is counted up. */
export class HelmEvents {
  constructor(private readonly cluster: ClusterAccess) {}

  tell(release: KubeObject, event: HelmEvent): void {
    const { apiVersion, kind, metadata } = release;
    const { name, namespace = "", uid = "", resourceVersion } = metadata;
    const { type, reason, message, now } = event;
    const place = { namespace, name: eventName(release, event) };
    const earlier = this.cluster.get({ ...EVENT, ...place });
    const count = valueAt(earlier, "count");
    this.cluster.apply({
      ...EVENT,
      metadata: place,
      involvedObject: {
        apiVersion,
        kind,
        name,
        namespace,
        uid,
        resourceVersion,
      },
      type,
      reason,
      message,
      count: typeof count === "number" ? count + 1 : 1,
      firstTimestamp: valueAt(earlier, "firstTimestamp") ?? now,
      lastTimestamp: now,
      source: { component: CONTROLLER },
      reportingComponent: CONTROLLER,
      reportingInstance: `${CONTROLLER}-0`,
    });
  }
}

/** The same for the same words about the same object. */
function eventName(
  { metadata }: KubeObject,
  { reason, message }: HelmEvent,
): string {
  const said = `${metadata.uid ?? ""} ${reason} ${message}`;
  const hash = createHash("sha256").update(said).digest("hex").slice(0, 16);
  return `${metadata.name}.${hash}`;
}
