import type { KubeObject } from "@vworkspace/kube";
import type {
  ApplicationInstance,
  Endpoint,
  FieldProblem,
} from "@vworkspace/resources";
import type { Desired } from "./desired";
import type { FluxSource, HelmRelease } from "./flux";

/** Everything that decisions about one instance rest on, read at one moment. */
export interface Observation {
  readonly instance: ApplicationInstance;
  /** What is wrong with its spec; then nothing else was looked at but what deletion needs. */
  readonly problems: readonly FieldProblem[];
  /** Kinds of Flux that the cluster does not serve. */
  readonly missingKinds: readonly string[];
  /** Name of the release's service account where that is missing. */
  readonly missingServiceAccount?: string;
  /** `ConfigMap name` or `Secret name, key key` of values that are missing. */
  readonly missingValues?: {
    readonly kind: "ConfigMap" | "Secret";
    readonly what: string;
  };
  /** Whoever holds the release name and is not us. */
  readonly nameHolder?: string;
  /** What the instance should become; undefined for a placeholder and for a wrong spec. */
  readonly desired?: Desired;
  /** Present only if it is ours. */
  readonly release?: HelmRelease;
  readonly source?: FluxSource;
  /** Sources of ours of the other type, left behind by a change of chart.sourceType. */
  readonly staleSources: readonly KubeObject[];
  readonly isSourceAsDesired: boolean;
  readonly isReleaseAsDesired: boolean;
  /** Why the API server refused our last write of a derived object. */
  readonly refusedWrite?: string;
  /** Absent where nobody looked, because nothing is deployed. */
  readonly endpoints?: readonly Endpoint[];
  /** Only known while the instance is being deleted. */
  readonly deletion?: {
    /** Helm's release Secrets that are left. */
    readonly releaseSecrets: number;
    /** The CRD itself is going: then nothing is uninstalled. */
    readonly isKindGoing: boolean;
  };
}
