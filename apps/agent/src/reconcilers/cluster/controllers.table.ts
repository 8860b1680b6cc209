import type { ControllerName } from "@vworkspace/contract";

/** Recognises a workload: by every one of these labels, or by its name. */
export interface WorkloadMark {
  readonly labels?: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** A controller or add-on of the cluster, and how it is recognised whoever installed it. */
export interface KnownController {
  readonly name: ControllerName;
  /** Without it nothing is installed; the others are missed only by what needs them. */
  readonly isNeeded?: true;
  /** Names of CustomResourceDefinitions; empty where its API is Kubernetes' own. */
  readonly definitions: readonly string[];
  readonly marks: readonly WorkloadMark[];
  /** Also in DaemonSets; else in Deployments alone: what velero or volsync run on every node is not the controller. */
  readonly inDaemonSets?: true;
  /** Providers run it out of sight, so that no workload is no fault. */
  readonly mayRunElsewhere?: true;
}

const NAME = "app.kubernetes.io/name";
const COMPONENT = "app.kubernetes.io/component";
const PART_OF = "app.kubernetes.io/part-of";

const called = (...names: readonly string[]): WorkloadMark[] =>
  names.map((name) => ({ name }));
const labelled = (...names: readonly string[]): WorkloadMark[] =>
  names.map((name) => ({ labels: { [NAME]: name } }));

/** In the order of `status.controllers`. Names and labels are those of the projects' own manifests and charts. */
export const KNOWN_CONTROLLERS: readonly KnownController[] = [
  {
    name: "source-controller",
    isNeeded: true,
    definitions: [
      "helmrepositories.source.toolkit.fluxcd.io",
      "ocirepositories.source.toolkit.fluxcd.io",
    ],
    marks: [
      { labels: { [PART_OF]: "flux", [COMPONENT]: "source-controller" } },
      ...called("source-controller"),
    ],
  },
  {
    name: "helm-controller",
    isNeeded: true,
    definitions: ["helmreleases.helm.toolkit.fluxcd.io"],
    marks: [
      { labels: { [PART_OF]: "flux", [COMPONENT]: "helm-controller" } },
      ...called("helm-controller"),
    ],
  },
  {
    name: "velero",
    definitions: ["backups.velero.io", "restores.velero.io"],
    marks: [...labelled("velero"), ...called("velero")],
  },
  {
    name: "snapshot-controller",
    definitions: [
      "volumesnapshots.snapshot.storage.k8s.io",
      "volumesnapshotcontents.snapshot.storage.k8s.io",
    ],
    marks: [
      ...labelled("snapshot-controller"),
      ...called("snapshot-controller", "csi-snapshot-controller"),
    ],
    mayRunElsewhere: true,
  },
  {
    name: "volsync",
    definitions: [
      "replicationsources.volsync.backube",
      "replicationdestinations.volsync.backube",
    ],
    marks: [
      ...labelled("volsync"),
      ...called("volsync", "volsync-controller-manager"),
    ],
  },
  {
    name: "argo-workflows",
    definitions: ["workflows.argoproj.io", "workflowtemplates.argoproj.io"],
    marks: [
      {
        labels: {
          [PART_OF]: "argo-workflows",
          [COMPONENT]: "workflow-controller",
        },
      },
      ...called("workflow-controller"),
    ],
  },
  {
    name: "cert-manager",
    definitions: ["certificates.cert-manager.io", "issuers.cert-manager.io"],
    marks: [
      ...labelled("cert-manager"),
      ...called("cert-manager", "cert-manager-webhook"),
    ],
  },
  {
    name: "external-secrets",
    definitions: ["externalsecrets.external-secrets.io"],
    marks: [...labelled("external-secrets"), ...called("external-secrets")],
  },
  {
    name: "ingress-controller",
    definitions: [],
    marks: [
      ...labelled(
        "ingress-nginx",
        "nginx-ingress",
        "traefik",
        "haproxy-ingress",
        "kubernetes-ingress",
        "contour",
        "kong",
        "emissary-ingress",
        "apisix-ingress-controller",
        "aws-load-balancer-controller",
      ),
      ...called(
        "ingress-nginx-controller",
        "nginx-ingress-microk8s-controller",
        "traefik",
        "rke2-ingress-nginx-controller",
      ),
    ],
    inDaemonSets: true,
    mayRunElsewhere: true,
  },
];
