import type { Permission } from "../../permissions/permission";

/** What upgrades of releases ask for. */
export const HELM_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["get", "patch"],
    scope: "namespace",
    why: "Sets chart version and values of an application that no control plane manages, when an upgrade asks for it.",
  },
  {
    apiGroups: ["helm.toolkit.fluxcd.io"],
    resources: ["helmreleases"],
    verbs: ["get"],
    scope: "namespace",
    why: "Sees which version an upgrade tried.",
  },
];
