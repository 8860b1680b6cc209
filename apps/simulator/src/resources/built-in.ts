import type { Schema } from "../schema/schema";
import { CONTAINER_TEMPLATE, CONDITIONS, SERVICE_SPEC } from "./merge-schemas";
import {
  prepareBinding,
  prepareConfigMap,
  prepareNamespace,
  prepareSecret,
} from "./prepare-built-in";
import type { ResourceType } from "./resource-type";

type Options = Partial<
  Pick<
    ResourceType,
    | "shortNames"
    | "categories"
    | "isNamespaced"
    | "hasGeneration"
    | "isCreatedByUpdate"
    | "isUpdatedByVersion"
    | "selectableFields"
    | "prepare"
  >
> & { readonly hasStatus?: boolean; readonly schema?: Schema };

function builtIn(
  apiVersion: string,
  kind: string,
  plural: string,
  options: Options = {},
): ResourceType {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const { hasStatus = false, schema = {}, ...rest } = options;
  return {
    group,
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    isNamespaced: true,
    isCustom: false,
    hasGeneration: false,
    isCreatedByUpdate: false,
    isUpdatedByVersion: false,
    isTerminating: false,
    versions: [{ name: version, hasStatus, schema }],
    ...rest,
  };
}

function rbac(kind: string, plural: string, options: Options = {}) {
  return builtIn("rbac.authorization.k8s.io/v1", kind, plural, {
    isCreatedByUpdate: true,
    ...options,
  });
}

export const NAMESPACES = builtIn("v1", "Namespace", "namespaces", {
  isNamespaced: false,
  hasStatus: true,
  shortNames: ["ns"],
  schema: { properties: { status: CONDITIONS } },
  prepare: prepareNamespace,
});

export const CUSTOM_RESOURCE_DEFINITIONS = builtIn(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions",
  {
    isNamespaced: false,
    hasStatus: true,
    hasGeneration: true,
    isUpdatedByVersion: true,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    schema: { properties: { status: CONDITIONS } },
  },
);

export const SECRETS = builtIn("v1", "Secret", "secrets", {
  prepare: prepareSecret,
});

export const SERVICE_ACCOUNTS = builtIn(
  "v1",
  "ServiceAccount",
  "serviceaccounts",
  { shortNames: ["sa"] },
);

export const DEPLOYMENTS = builtIn("apps/v1", "Deployment", "deployments", {
  hasStatus: true,
  hasGeneration: true,
  shortNames: ["deploy"],
  categories: ["all"],
  schema: {
    properties: {
      spec: { properties: { template: CONTAINER_TEMPLATE } },
      status: CONDITIONS,
    },
  },
});

/** Kinds of a cluster that exist without a definition; those a well-behaved controller of ours uses. */
export const BUILT_IN_TYPES: readonly ResourceType[] = [
  NAMESPACES,
  SECRETS,
  builtIn("v1", "ConfigMap", "configmaps", {
    shortNames: ["cm"],
    prepare: prepareConfigMap,
  }),
  SERVICE_ACCOUNTS,
  builtIn("v1", "Event", "events", {
    shortNames: ["ev"],
    isCreatedByUpdate: true,
    selectableFields: [
      "involvedObject.apiVersion",
      "involvedObject.kind",
      "involvedObject.name",
      "involvedObject.namespace",
      "involvedObject.uid",
      "reason",
      "type",
    ],
  }),
  // A real server keeps one set of events for both groups; here they are two.
  builtIn("events.k8s.io/v1", "Event", "events", {
    shortNames: ["ev"],
    selectableFields: [
      "regarding.kind",
      "regarding.name",
      "regarding.namespace",
      "regarding.uid",
      "reason",
      "type",
    ],
  }),
  builtIn("v1", "Service", "services", {
    hasStatus: true,
    isCreatedByUpdate: true,
    shortNames: ["svc"],
    categories: ["all"],
    schema: { properties: { spec: SERVICE_SPEC, status: CONDITIONS } },
  }),
  builtIn("v1", "Pod", "pods", {
    hasStatus: true,
    hasGeneration: true,
    shortNames: ["po"],
    categories: ["all"],
    schema: { ...CONTAINER_TEMPLATE },
  }),
  builtIn("v1", "PersistentVolumeClaim", "persistentvolumeclaims", {
    hasStatus: true,
    shortNames: ["pvc"],
    schema: { properties: { status: CONDITIONS } },
  }),
  DEPLOYMENTS,
  builtIn("apps/v1", "StatefulSet", "statefulsets", {
    hasStatus: true,
    hasGeneration: true,
    shortNames: ["sts"],
    categories: ["all"],
    schema: {
      properties: {
        spec: { properties: { template: CONTAINER_TEMPLATE } },
        status: CONDITIONS,
      },
    },
  }),
  builtIn("apps/v1", "DaemonSet", "daemonsets", {
    hasStatus: true,
    hasGeneration: true,
    shortNames: ["ds"],
    categories: ["all"],
    schema: {
      properties: {
        spec: { properties: { template: CONTAINER_TEMPLATE } },
        status: CONDITIONS,
      },
    },
  }),
  builtIn("batch/v1", "Job", "jobs", {
    hasStatus: true,
    hasGeneration: true,
    categories: ["all"],
    schema: {
      properties: {
        spec: { properties: { template: CONTAINER_TEMPLATE } },
        status: CONDITIONS,
      },
    },
  }),
  builtIn("networking.k8s.io/v1", "Ingress", "ingresses", {
    hasStatus: true,
    hasGeneration: true,
    shortNames: ["ing"],
  }),
  builtIn("storage.k8s.io/v1", "StorageClass", "storageclasses", {
    isNamespaced: false,
    shortNames: ["sc"],
  }),
  rbac("Role", "roles"),
  rbac("RoleBinding", "rolebindings", { prepare: prepareBinding }),
  rbac("ClusterRole", "clusterroles", { isNamespaced: false }),
  rbac("ClusterRoleBinding", "clusterrolebindings", {
    isNamespaced: false,
    prepare: prepareBinding,
  }),
  builtIn("coordination.k8s.io/v1", "Lease", "leases", {
    isCreatedByUpdate: true,
    isUpdatedByVersion: true,
  }),
  CUSTOM_RESOURCE_DEFINITIONS,
];

/**
 * Groups that every real cluster has and this one does not. Discovery leaves them out, which is true; whoever asks for their
 * resources all the same is told that it is the simulator that lacks them.
 */
export const UNSERVED_GROUPS: readonly string[] = [
  "admissionregistration.k8s.io",
  "apiregistration.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "certificates.k8s.io",
  "discovery.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "node.k8s.io",
  "policy",
  "scheduling.k8s.io",
];
