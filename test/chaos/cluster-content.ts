import type { Kind, KubeClient, KubeObject } from "@vworkspace/kube";
import {
  ANNOTATIONS,
  APPLICATION_INSTANCE,
  LABELS,
} from "@vworkspace/resources";
import type { Place } from "./place";

/** An ApplicationInstance as the cluster has it. */
export interface SeenApplication extends Place {
  /** Conditions that are True. */
  readonly holds: readonly string[];
  /** The gateway's generation that is stamped on it. */
  readonly intentGeneration: string;
  readonly version: string;
  readonly values: unknown;
  readonly suspended: boolean;
}

/** Something that is in the cluster for an application's sake. */
export interface SeenPart {
  readonly kind: string;
  /** Of the part itself, for a person. */
  readonly partName: string;
  /** The application's. */
  readonly place: Place;
  /** Values of a HelmRelease, tag of a source. */
  readonly carries?: unknown;
}

export interface ClusterContent {
  readonly applications: readonly SeenApplication[];
  readonly parts: readonly SeenPart[];
}

/** How parts of a kind name their application, and what of them has to be right. */
interface PartKind {
  readonly kind: Kind;
  readonly label: string;
  readonly selector?: string;
  readonly carries?: (object: KubeObject) => unknown;
}

const HELM_INSTANCE = "app.kubernetes.io/instance";
const PARTS: readonly PartKind[] = [
  {
    kind: { apiVersion: "helm.toolkit.fluxcd.io/v2", kind: "HelmRelease" },
    label: LABELS.applicationInstance,
    carries: (object) => specOf(object)["values"],
  },
  {
    kind: { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "OCIRepository" },
    label: LABELS.applicationInstance,
    carries: (object) => (specOf(object)["ref"] as { tag?: string }).tag,
  },
  {
    kind: { apiVersion: "v1", kind: "Secret" },
    label: "name",
    selector: "owner=helm",
  },
  { kind: { apiVersion: "apps/v1", kind: "Deployment" }, label: HELM_INSTANCE },
  {
    kind: { apiVersion: "v1", kind: "Service" },
    label: HELM_INSTANCE,
    selector: HELM_INSTANCE,
  },
];

/** Everything in the cluster that has to do with applications. */
export async function readContent(api: KubeClient): Promise<ClusterContent> {
  const applications = await api.list(APPLICATION_INSTANCE);
  const parts = await Promise.all(PARTS.map((kind) => readParts(api, kind)));
  return { applications: applications.map(application), parts: parts.flat() };
}

async function readParts(
  api: KubeClient,
  { kind, label, selector, carries }: PartKind,
): Promise<readonly SeenPart[]> {
  const options = selector === undefined ? {} : { labelSelector: selector };
  const objects = await api.list(kind, options);
  return objects.map((object) => {
    const { namespace = "", name, labels = {} } = object.metadata;
    return {
      kind: kind.kind,
      partName: name,
      place: { namespace, name: labels[label] ?? "" },
      ...(carries && { carries: carries(object) }),
    };
  });
}

function application(object: KubeObject): SeenApplication {
  const { namespace = "", name, annotations = {} } = object.metadata;
  const { chart, values, suspend } = specOf(object) as {
    chart?: { version?: string };
    values?: { inline?: unknown };
    suspend?: boolean;
  };
  const status = object["status"] as
    { conditions?: { type: string; status: string }[] } | undefined;
  return {
    namespace,
    name,
    holds: (status?.conditions ?? [])
      .filter((condition) => condition.status === "True")
      .map(({ type }) => type),
    intentGeneration: annotations[ANNOTATIONS.intentGeneration] ?? "",
    version: chart?.version ?? "",
    values: values?.inline,
    suspended: suspend === true,
  };
}

function specOf(object: KubeObject): Record<string, unknown> {
  return (object["spec"] ?? {}) as Record<string, unknown>;
}
