import {
  AGENT_NAMESPACE_ROLE,
  OPERATION_RUNNER_SERVICE_ACCOUNT,
  RELEASE_SERVICE_ACCOUNT,
} from "@vworkspace/resources";
import { AGENT_NAME } from "../permissions/agent-rbac";
import type { Permission } from "../permissions/permission";

/** What jobs ask for. Kinds that VWORKSPACE_ALLOWED_KINDS adds are granted by whoever sets it. */
export const INTAKE_PERMISSIONS: readonly Permission[] = [
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["get"],
    scope: "cluster",
    why: "Reads what a job is about before it is changed.",
  },
  {
    apiGroups: ["apps.vworkspace.io"],
    resources: ["applicationinstances"],
    verbs: ["create", "patch", "delete"],
    scope: "namespace",
    why: "Applies and deletes what jobs carry.",
  },
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["operations"],
    verbs: ["get"],
    scope: "cluster",
    why: "Reads what a job is about before it is changed.",
  },
  {
    apiGroups: ["ops.vworkspace.io"],
    resources: ["operations"],
    verbs: ["create", "patch", "delete"],
    scope: "namespace",
    why: "Applies and deletes what jobs carry.",
  },
  {
    apiGroups: [""],
    resources: ["namespaces"],
    verbs: ["get", "create"],
    scope: "cluster",
    why: "Looks whether a namespace opted in, and creates one that does not exist.",
  },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["rolebindings"],
    resourceNames: [AGENT_NAME, RELEASE_SERVICE_ACCOUNT],
    verbs: ["create", "patch"],
    scope: "cluster",
    why: "Opens a namespace that the agent created; the admission policies keep it to that.",
  },
  {
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["clusterroles"],
    resourceNames: ["admin", AGENT_NAMESPACE_ROLE],
    verbs: ["bind"],
    scope: "cluster",
    why: "The two roles of a namespace that the agent created: for its releases, and for the agent.",
  },
  {
    apiGroups: [""],
    resources: ["serviceaccounts"],
    resourceNames: [RELEASE_SERVICE_ACCOUNT, OPERATION_RUNNER_SERVICE_ACCOUNT],
    verbs: ["create", "patch"],
    scope: "namespace",
    why: "The service accounts that releases are installed and operations run under, where the agent created the namespace; no other, since a label releases an account for use by releases.",
  },
];
