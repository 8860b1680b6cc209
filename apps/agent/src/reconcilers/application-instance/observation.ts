import type { FieldConflict, KubeObject } from "@vworkspace/kube";
import type {
  ApplicationInstance,
  Endpoint,
  FieldProblem,
  InventoryEntry,
} from "@vworkspace/resources";
import type { Desired } from "./desired";
import type { FluxSource, HelmRelease } from "./flux";
import type { IntegrationsSeen } from "./integrations/integrations-seen";

/** Everything that decisions about one instance rest on, read at one moment. */
export interface Observation {
  readonly instance: ApplicationInstance;
  /** When it was read, in milliseconds since 1970; decisions read no clock. */
  readonly now: number;
  /** Why its namespace is none of ours, if it isn't; then nothing else was looked at. */
  readonly optInMissing?: string;
  /** Which right the agent lacks to look, and how to give it; then nothing else was seen. */
  readonly forbidden?: string;
  /** What is wrong with its spec; then nothing else was looked at but what deletion needs. */
  readonly problems: readonly FieldProblem[];
  /** Kinds of Flux that the cluster does not serve. */
  readonly missingKinds: readonly string[];
  /** The release's service account, where it is missing or is none that an instance may choose. */
  readonly releaseAccount?: {
    readonly name: string;
    readonly problem: "missing" | "not-allowed";
  };
  /** `ConfigMap name` or `Secret name, key key` of values that are missing. */
  readonly missingValues?: {
    readonly kind: "ConfigMap" | "Secret";
    readonly what: string;
  };
  /** Whoever holds the release name and is not us, and what to do about it. */
  readonly nameHolder?: string;
  /** A source under the instance's name that is not ours, as `HelmRepository web`; it is never overwritten. */
  readonly sourceHolder?: string;
  /** What the instance should become; undefined for a placeholder and for a wrong spec. */
  readonly desired?: Desired;
  /** Present only if it is ours. */
  readonly release?: HelmRelease;
  readonly source?: FluxSource;
  /** Sources of ours of the other type, left behind by a change of chart.sourceType. */
  readonly staleSources: readonly KubeObject[];
  readonly isSourceAsDesired: boolean;
  readonly isReleaseAsDesired: boolean;
  readonly integrations: IntegrationsSeen;
  /** Why the API server refused our last write of a derived object, other than for fields of others. */
  readonly refusedWrite?: string;
  /** The last write of a derived object met fields that others own; nothing of it was written. */
  readonly fieldConflict?: {
    /** As `HelmRelease web`. */
    readonly object: string;
    readonly fields: readonly FieldConflict[];
  };
  /** What the cluster holds otherwise than the release installed it, as Flux names it. */
  readonly drifted?: { readonly message: string };
  /** A declared probe that failed failureThreshold times in a row. */
  readonly unreachable?: { readonly url: string; readonly message: string };
  /** Absent where nobody looked, because nothing is deployed. */
  readonly endpoints?: readonly Endpoint[];
  /** Absent where nobody looked, because nothing is deployed or this Flux lists none. */
  readonly inventory?: readonly InventoryEntry[];
  /** When some of this will read otherwise although nothing that is watched changes: a drift that was told of once. */
  readonly lookAgainAt?: number;
  /** Only known while the instance is being deleted. */
  readonly deletion?: {
    /** Helm's release Secrets that are left. */
    readonly releaseSecrets: number;
    /** The CRD itself is going: then nothing is uninstalled. */
    readonly isKindGoing: boolean;
  };
}
