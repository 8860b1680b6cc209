import type { Permission } from "../../permissions/permission";

/** What the reconciler of ApplicationInstances asks for. */
export const INSTANCE_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["get", "patch"],
    scope: "cluster",
    why: "Sets and takes away the finalizer, also where a namespace opted out again.",
  },
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances/status"],
    verbs: ["patch"],
    scope: "cluster",
    why: "Says how an application does, and where nobody opted in why nothing is done.",
  },
  {
    apiGroups: [""],
    resources: ["namespaces"],
    verbs: ["get"],
    scope: "cluster",
    why: "Makes sure that a namespace has not opted in before an instance there is let go.",
  },
  {
    apiGroups: ["helm.toolkit.fluxcd.io"],
    resources: ["helmreleases"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Has Flux install, upgrade and uninstall the release.",
  },
  {
    apiGroups: ["source.toolkit.fluxcd.io"],
    resources: ["helmrepositories", "ocirepositories"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Tells Flux where the chart comes from.",
  },
  {
    apiGroups: [""],
    resources: ["secrets"],
    verbs: ["get", "list"],
    scope: "namespace",
    why: "Reads values that an instance names, and whether Helm still keeps a release.",
  },
  {
    apiGroups: [""],
    resources: ["configmaps", "serviceaccounts"],
    verbs: ["get"],
    scope: "namespace",
    why: "Reads values that an instance names, and whether the release's service account is there.",
  },
  {
    apiGroups: [""],
    resources: ["services"],
    verbs: ["get"],
    scope: "namespace",
    why: "Sees that a Service which an instance wants probed leads nowhere else.",
  },
  {
    apiGroups: ["gateway.networking.k8s.io"],
    resources: ["gateways"],
    verbs: ["get"],
    scope: "namespace",
    why: "Finds by which protocol an HTTPRoute of the application is reached.",
  },
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    resourceNames: ["applicationinstances.apps.vworkspace.io"],
    verbs: ["get"],
    scope: "cluster",
    why: "Uninstalls nothing while its own kind is being deleted.",
  },
];
