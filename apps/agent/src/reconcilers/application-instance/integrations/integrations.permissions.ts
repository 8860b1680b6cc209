import type { Permission } from "../../../permissions/permission";

/** What the integrations of ApplicationInstances ask for. */
export const INTEGRATION_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["networking.k8s.io"],
    resources: ["ingresses"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Makes the Ingress that an instance asks for.",
  },
  {
    apiGroups: ["cert-manager.io"],
    resources: ["certificates"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Has cert-manager get the certificate of an instance's host.",
  },
  {
    apiGroups: ["cert-manager.io"],
    resources: ["certificaterequests"],
    verbs: ["list"],
    scope: "namespace",
    why: "Says why a certificate is not issued.",
  },
  {
    apiGroups: ["cert-manager.io"],
    resources: ["issuers"],
    verbs: ["get"],
    scope: "namespace",
    why: "Says why a certificate is not issued: its issuer may know.",
  },
  {
    apiGroups: ["cert-manager.io"],
    resources: ["clusterissuers"],
    verbs: ["get"],
    scope: "cluster",
    why: "Says why a certificate is not issued: its issuer may know.",
  },
  {
    apiGroups: ["external-secrets.io"],
    resources: ["externalsecrets"],
    verbs: ["get", "create", "patch", "delete"],
    scope: "namespace",
    why: "Has external-secrets fetch the Secret that an instance asks for.",
  },
  {
    apiGroups: ["external-secrets.io"],
    resources: ["secretstores"],
    verbs: ["get"],
    scope: "namespace",
    why: "Says why a Secret is not fetched: its store may know.",
  },
  {
    apiGroups: ["external-secrets.io"],
    resources: ["clustersecretstores"],
    verbs: ["get"],
    scope: "cluster",
    why: "Says why a Secret is not fetched: its store may know.",
  },
];
