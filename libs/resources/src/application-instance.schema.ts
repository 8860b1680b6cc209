import { EXACT_SEMVER_PATTERN, SEMVER_MAX_LENGTH } from "./exact-semver";
import { integrationsSchema } from "./integrations.schema";
import { maintenanceWindows } from "./maintenance-windows.schema";
import { RELEASE_SERVICE_ACCOUNT } from "./names";
import {
  dataKey,
  dnsLabel,
  dnsSubdomain,
  freeName,
  secretName,
  url,
} from "./schema-parts";
import type { StructuralSchema } from "./structural-schema";

/** Segments with a letter or digit at both ends: none of them is `..`, so that the name can't lead out of url. */
export const CHART_NAME_PATTERN =
  "^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?(/[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?)*$";

const chartSchema = {
  type: "object",
  description:
    "The Helm chart to install. Required in managed mode, refused in placeholder mode.",
  required: ["sourceType", "url", "name", "version"],
  properties: {
    sourceType: {
      type: "string",
      description:
        "oci: a registry that holds charts; helm: a chart repository with an index.",
      enum: ["oci", "helm"],
    },
    url: {
      ...url,
      minLength: 1,
      description:
        "Where the chart is: oci://host/path for oci, https://host/path for helm. Without credentials; those belong in secretRef.",
    },
    name: {
      ...freeName,
      minLength: 1,
      pattern: CHART_NAME_PATTERN,
      description: "Name of the chart below url.",
    },
    version: {
      type: "string",
      description:
        "Exactly one version by SemVer 2.0.0, for example 1.2.3 or 2.0.0-rc.1+build.5. No range, no latest, no leading v.",
      maxLength: SEMVER_MAX_LENGTH,
      pattern: EXACT_SEMVER_PATTERN,
    },
    secretRef: {
      ...secretName,
      description:
        "Secret with the credentials of the chart source, in the form that Flux reads.",
    },
    certSecretRef: {
      ...secretName,
      description:
        "Secret with TLS material for the chart source (ca.crt, tls.crt, tls.key).",
    },
  },
} as const satisfies StructuralSchema;

/** Helm limits release names to 53 characters, because charts append to them. */
export const RELEASE_NAME_MAX_LENGTH = 53;

const releaseSchema = {
  type: "object",
  description:
    "Identity of the Helm release. Required in managed mode, refused in placeholder mode; immutable.",
  required: ["name", "namespace"],
  properties: {
    name: {
      ...dnsLabel,
      maxLength: RELEASE_NAME_MAX_LENGTH,
      description: "Name of the Helm release and of the HelmRelease.",
    },
    namespace: {
      ...dnsLabel,
      description: "Namespace of the release; the same as metadata.namespace.",
    },
  },
} as const satisfies StructuralSchema;

const valuesSchema = {
  type: "object",
  description:
    "Values of the chart. Refused in placeholder mode; absent means the chart's defaults.",
  required: ["source"],
  properties: {
    source: {
      type: "string",
      description:
        "Which of the other fields is read. merge reads all that are there: ConfigMap, then Secret, then inline, and the last one wins.",
      enum: ["inline", "secretRef", "configMapRef", "merge"],
    },
    inline: {
      type: "object",
      description:
        "Values written here. Never secrets: those belong in a Secret that secretRef or the chart names.",
      "x-kubernetes-preserve-unknown-fields": true,
    },
    secretRef: {
      type: "object",
      description: "Values as YAML in a key of a Secret of this namespace.",
      required: ["name", "key"],
      properties: {
        name: { ...dnsSubdomain, description: "Name of the Secret." },
        key: { ...dataKey, description: "Key that holds the YAML text." },
      },
    },
    configMapRef: {
      type: "object",
      description: "Values as YAML in a key of a ConfigMap of this namespace.",
      required: ["name", "key"],
      properties: {
        name: { ...dnsSubdomain, description: "Name of the ConfigMap." },
        key: { ...dataKey, description: "Key that holds the YAML text." },
      },
    },
  },
} as const satisfies StructuralSchema;

const policySchema = {
  type: "object",
  description: "When and how changes are applied.",
  properties: {
    maintenanceWindows: {
      ...maintenanceWindows,
      description:
        "Times when a change of this object may be applied; none means always. The first installation, deletion and spec.suspend do not wait. What a ConfigMap or Secret of spec.values holds does not either, since Flux reads it by itself: give each version of it a name of its own, and the change of name waits.",
    },
    timeoutSeconds: {
      type: "integer",
      format: "int32",
      description:
        "How long one installation or upgrade may take, in seconds; absent: 300.",
      minimum: 1,
      maximum: 86400,
    },
    rollbackOnFailure: {
      type: "boolean",
      description:
        "Whether a failed upgrade is rolled back to the last good revision; absent: no.",
    },
  },
} as const satisfies StructuralSchema;

/** Begins with a slash, so that it can't lead to another host. */
export const PROBE_PATH_PATTERN = "^/[-A-Za-z0-9._~%!$&'()*+,;=:@/?]*$";

const probesSchema = {
  type: "array",
  description:
    "Looks at Services of this namespace, for what Flux can't see. One that fails failureThreshold times in a row degrades the instance.",
  maxItems: 16,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  items: {
    type: "object",
    description: "One look.",
    required: ["name", "type", "service", "port"],
    properties: {
      name: { ...dnsLabel, description: "What it is called." },
      type: {
        type: "string",
        description:
          "http: a GET must be answered as expected; tcp: a connection must open.",
        enum: ["http", "tcp"],
      },
      service: {
        ...dnsLabel,
        description: "Name of a Service of this namespace.",
      },
      port: {
        type: "integer",
        format: "int32",
        description: "Port of the Service.",
        minimum: 1,
        maximum: 65535,
      },
      path: {
        type: "string",
        description: "Path and query of an http probe; absent: /.",
        minLength: 1,
        maxLength: 1024,
        pattern: PROBE_PATH_PATTERN,
      },
      expectStatus: {
        type: "integer",
        format: "int32",
        description:
          "Status that an http probe must answer; absent: any from 200 to 399.",
        minimum: 100,
        maximum: 599,
      },
      periodSeconds: {
        type: "integer",
        format: "int32",
        description: "How often it looks, in seconds; absent: 30.",
        minimum: 5,
        maximum: 3600,
      },
      timeoutSeconds: {
        type: "integer",
        format: "int32",
        description: "How long an answer may take, in seconds; absent: 5.",
        minimum: 1,
        maximum: 60,
      },
      failureThreshold: {
        type: "integer",
        format: "int32",
        description: "Failures in a row that count; absent: 3.",
        minimum: 1,
        maximum: 100,
      },
    },
  },
} as const satisfies StructuralSchema;

export const applicationInstanceSpecSchema = {
  type: "object",
  description: "What should be the case.",
  required: ["appRef"],
  properties: {
    mode: {
      type: "string",
      description:
        "managed: a Helm release through Flux; placeholder: no release, the target of operations on the cluster itself. Immutable.",
      enum: ["managed", "placeholder"],
      default: "managed",
    },
    appRef: {
      type: "object",
      description: "Which application of the catalog this is.",
      required: ["catalogId"],
      properties: {
        catalogId: {
          ...freeName,
          minLength: 1,
          description: "Code of the catalog entry.",
        },
      },
    },
    chart: chartSchema,
    release: releaseSchema,
    values: valuesSchema,
    integrations: integrationsSchema,
    suspend: {
      type: "boolean",
      description:
        "Whether changes are held back; what runs keeps running. Deletion does not wait.",
    },
    drift: {
      type: "object",
      description:
        "What happens when somebody changes the installed objects; absent: warn.",
      required: ["mode"],
      properties: {
        mode: {
          type: "string",
          description:
            "enabled: put back; warn: report only; disabled: do not look.",
          enum: ["enabled", "warn", "disabled"],
        },
      },
    },
    deletionPolicy: {
      type: "string",
      description:
        "Delete: deleting this object uninstalls the release; Orphan: the release stays and is nobody's.",
      enum: ["Delete", "Orphan"],
      default: "Delete",
    },
    serviceAccountName: {
      ...dnsSubdomain,
      description:
        "Service account of this namespace whose rights the installation has.",
      default: RELEASE_SERVICE_ACCOUNT,
    },
    policy: policySchema,
    probes: probesSchema,
  },
} as const satisfies StructuralSchema;
