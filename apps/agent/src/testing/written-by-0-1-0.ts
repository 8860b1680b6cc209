import type { KubeObject } from "@vworkspace/kube";

/**
 * What an agent of version 0.1.0 left in a cluster for an application that it had installed, word for word but for what differs
 * from one test to the next. Nothing here may follow the code: what was written stays written.
 */
export interface Places {
  readonly namespace: string;
  readonly clusterId: string;
  readonly endpoint: string;
}

const FLUX_LABELS = (clusterId: string) => ({
  "app.vworkspace.io/managed-by": "control-plane",
  "app.vworkspace.io/application-instance": "web",
  "velero.io/exclude-from-backup": "true",
  "app.vworkspace.io/cluster-id": clusterId,
});

/** The Secret vworkspace-agent-credentials. */
export function credentialSecret(
  { clusterId, endpoint }: Places,
  given: { readonly token: string; readonly registrationTokenDigest: string },
): KubeObject {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "vworkspace-agent-credentials",
      namespace: "vworkspace-system",
      labels: {
        "app.vworkspace.io/managed-by": "control-plane",
        "velero.io/exclude-from-backup": "true",
      },
    },
    type: "Opaque",
    data: {
      "control-plane-base-url": base64(endpoint),
      "cluster-id": base64(clusterId),
      token: base64(given.token),
      "issued-at": base64("2026-11-25T03:58:04.990Z"),
      "registration-token-digest": base64(given.registrationTokenDigest),
    },
  };
}

/** Without finalizers, which were put on by a patch of their own, and without status. */
export function applicationInstance({
  namespace,
  clusterId,
}: Places): KubeObject {
  return {
    apiVersion: "apps.vworkspace.io/v1alpha1",
    kind: "ApplicationInstance",
    metadata: {
      name: "web",
      namespace,
      labels: {
        "app.vworkspace.io/managed-by": "control-plane",
        "app.vworkspace.io/cluster-id": clusterId,
        "velero.io/exclude-from-backup": "true",
      },
      annotations: { "vworkspace.io/intent-generation": "1" },
    },
    spec: {
      appRef: { catalogId: "podinfo" },
      chart: {
        sourceType: "oci",
        url: "oci://registry.example.com/charts",
        name: "podinfo",
        version: "1.2.3",
      },
      release: { name: "web", namespace },
      values: { source: "inline", inline: { replicas: 1 } },
    },
  };
}

export const FINALIZERS = ["apps.vworkspace.io/uninstall"];

export const INSTANCE_CONDITIONS = [
  {
    type: "Ready",
    status: "True",
    reason: "HelmReleaseReady",
    message: "podinfo 1.2.3 is deployed",
    observedGeneration: 1,
    lastTransitionTime: "2026-11-25T03:58:05.108Z",
  },
  {
    type: "Reconciling",
    status: "False",
    reason: "Stable",
    message: "",
    observedGeneration: 1,
    lastTransitionTime: "2026-11-25T03:58:05.108Z",
  },
];

export function instanceStatus({ namespace }: Places) {
  return {
    observedGeneration: 1,
    intentGeneration: 1,
    conditions: INSTANCE_CONDITIONS,
    helmReleaseRef: { name: "web", namespace },
    history: [
      {
        revision: 1,
        chartVersion: "1.2.3+a2bbc1c69944",
        status: "deployed",
        chartName: "web",
        digest:
          "sha256:2f1ef1a94f2cac89dc91f8810911c1187724e5760b8249060fd060c0c6c9e9ad",
        firstDeployed: "2026-01-01T00:00:00Z",
        lastDeployed: "2026-01-01T00:00:00Z",
      },
    ],
    lastAppliedChart: {
      sourceType: "oci",
      url: "oci://registry.example.com/charts",
      name: "web",
      version: "1.2.3+a2bbc1c69944",
    },
    lastReconcileTime: "2026-11-25T03:58:05.108Z",
  };
}

export function helmRelease({ namespace, clusterId }: Places): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: {
      name: "web",
      namespace,
      labels: FLUX_LABELS(clusterId),
      annotations: {
        "vworkspace.io/desired-digest": "d819257e4da39b8bcf3a386a91c58517",
      },
    },
    spec: {
      chartRef: { kind: "OCIRepository", name: "web" },
      releaseName: "web",
      interval: "10m",
      timeout: "300s",
      suspend: false,
      serviceAccountName: "vworkspace-release",
      install: { disableTakeOwnership: true, remediation: { retries: 3 } },
      upgrade: {
        disableTakeOwnership: true,
        remediation: { retries: 3, remediateLastFailure: false },
      },
      driftDetection: { mode: "warn" },
      values: { replicas: 1 },
    },
  };
}

export function ociRepository({ namespace, clusterId }: Places): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "OCIRepository",
    metadata: {
      name: "web",
      namespace,
      labels: FLUX_LABELS(clusterId),
      annotations: {
        "vworkspace.io/desired-digest": "8fcf75755bb119b26c6408a27d582c92",
      },
    },
    spec: {
      url: "oci://registry.example.com/charts/podinfo",
      interval: "10m",
      ref: { tag: "1.2.3" },
      layerSelector: {
        mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        operation: "copy",
      },
    },
  };
}

export function cluster({ clusterId, endpoint }: Places): KubeObject {
  return {
    apiVersion: "ops.vworkspace.io/v1alpha1",
    kind: "Cluster",
    metadata: {
      name: "this-cluster",
      labels: {
        "app.vworkspace.io/managed-by": "control-plane",
        "velero.io/exclude-from-backup": "true",
      },
    },
    spec: { controlPlaneEndpoint: endpoint, clusterId },
  };
}

export const CLUSTER_STATUS = {
  phase: "Connected",
  conditions: [
    {
      type: "Connected",
      status: "True",
      reason: "RoundTripOK",
      message: "",
      observedGeneration: 2,
      lastTransitionTime: "2026-11-25T03:58:05.003Z",
    },
    {
      type: "Disconnected",
      status: "False",
      reason: "Connected",
      message: "",
      observedGeneration: 2,
      lastTransitionTime: "2026-11-25T03:58:05.003Z",
    },
    {
      type: "Authenticated",
      status: "True",
      reason: "CredentialAccepted",
      message: "",
      observedGeneration: 2,
      lastTransitionTime: "2026-11-25T03:58:05.003Z",
    },
  ],
  agentVersion: "0.1.0",
  lastHeartbeat: "2026-11-25T03:58:04.997Z",
  credentialsSecretRef: {
    name: "vworkspace-agent-credentials",
    namespace: "vworkspace-system",
  },
};

/** The file of the spool's directory `events`, in format 1: two conditions that the gateway had not been told. */
export const SPOOL_SEGMENT = {
  name: "0000000000000003.log",
  text: [
    '4be1cfa911e4bbd9 {"position":7,"oldest":7,"dropped":0,"event":{"kind":"ConditionTransition","eventKey":"condition/apps.vworkspace.io/v1alpha1/ApplicationInstance/shop/web/50a2534e-2d5c-4fe0-9d17-d2bbc291ff9e/Ready/True@1","resourceRef":{"apiVersion":"apps.vworkspace.io/v1alpha1","kind":"ApplicationInstance","namespace":"shop","name":"web","uid":"50a2534e-2d5c-4fe0-9d17-d2bbc291ff9e","generation":1,"intentGeneration":1},"conditions":[{"type":"Ready","status":"True","reason":"HelmReleaseReady","message":"podinfo 1.2.3 is deployed","observedGeneration":1,"lastTransitionTime":"2026-11-25T03:58:05.108Z"}],"timestamp":"2026-11-25T03:58:05.112Z","session":"01a210da-8088-71b3-b120-d67ae309fc79","sequence":7}}',
    '6753663a2590bf41 {"position":8,"oldest":7,"dropped":0,"event":{"kind":"ConditionTransition","eventKey":"condition/apps.vworkspace.io/v1alpha1/ApplicationInstance/shop/web/50a2534e-2d5c-4fe0-9d17-d2bbc291ff9e/Reconciling/False@1","resourceRef":{"apiVersion":"apps.vworkspace.io/v1alpha1","kind":"ApplicationInstance","namespace":"shop","name":"web","uid":"50a2534e-2d5c-4fe0-9d17-d2bbc291ff9e","generation":1,"intentGeneration":1},"conditions":[{"type":"Reconciling","status":"False","reason":"Stable","message":"","observedGeneration":1,"lastTransitionTime":"2026-11-25T03:58:05.108Z"}],"timestamp":"2026-11-25T03:58:05.112Z","session":"01a210da-8088-71b3-b120-d67ae309fc79","sequence":8}}',
    "",
  ].join("\n"),
  sequences: [7, 8],
  session: "01a210da-8088-71b3-b120-d67ae309fc79",
};
