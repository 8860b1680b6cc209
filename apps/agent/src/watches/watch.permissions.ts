import type { Permission } from "../permissions/permission";

/** What the watches ask for: one list and one watch of each kind, over the whole cluster. */
export const WATCH_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches what is wanted, also where nobody opted in, to say there why nothing is done.",
  },
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["operations", "clusters"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches what is wanted, also where nobody opted in, to say there why nothing is done.",
  },
  {
    apiGroups: ["helm.toolkit.fluxcd.io"],
    resources: ["helmreleases"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches how releases do, and who else has taken the name of one.",
  },
  {
    apiGroups: ["source.toolkit.fluxcd.io"],
    resources: ["helmrepositories", "ocirepositories"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches whether charts can be fetched.",
  },
  {
    apiGroups: [""],
    resources: ["namespaces"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches which namespaces opt in.",
  },
  {
    apiGroups: ["apps"],
    resources: ["deployments", "daemonsets"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Finds Flux and the add-ons by name and labels, wherever they were installed.",
  },
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Notices at once when an API appears or goes.",
  },
  {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: [
      "validatingadmissionpolicies",
      "validatingadmissionpolicybindings",
    ],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Notices when one of the admission policies that fence the agent is missing.",
  },
  {
    apiGroups: [""],
    resources: ["configmaps", "secrets"],
    verbs: ["list", "watch"],
    scope: "namespace",
    why: "Notices when an object that an application takes values from changes; of these objects only the metadata is asked for.",
  },
  {
    apiGroups: [""],
    resources: ["services"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches the Services of releases, for the addresses under which applications are reached.",
  },
  {
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches the Ingresses of releases, for the addresses under which applications are reached.",
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ["httproutes"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches the HTTPRoutes of releases, for the addresses under which applications are reached.",
  },
  {
    apiGroups: [""],
    resources: ["events"],
    verbs: ["list", "watch"],
    scope: "cluster",
    why: "Watches what Flux says about drift of its releases; no other Events are asked for.",
  },
];
