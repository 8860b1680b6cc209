import {
  CHART,
  cluster,
  managed,
  operation,
  placeholder,
  RELEASE,
  type Manifest,
} from "./manifests";

/** A manifest that is accepted as it is: "accepts …". */
export interface Acceptance {
  readonly title: string;
  readonly manifest: Manifest;
}

const DATA_KEY = { name: "files-values", key: "values.yaml" };

const everyField = managed({
  mode: "managed",
  chart: {
    ...CHART,
    version: "6.6.0-rc.1+build.5",
    secretRef: { name: "registry" },
    certSecretRef: { name: "registry-ca" },
  },
  release: { ...RELEASE, name: "a".repeat(53) },
  values: {
    source: "merge",
    inline: { replicas: 2, nested: [{ any: { thing: null } }] },
    secretRef: DATA_KEY,
    configMapRef: DATA_KEY,
  },
  integrations: {
    externalSecrets: {
      enabled: true,
      secretStoreRef: { name: "vault", kind: "ClusterSecretStore" },
      data: [
        {
          secretKey: "values.yaml",
          remoteRef: { key: "files", property: "values", version: "3" },
        },
      ],
    },
    certManager: {
      enabled: false,
      issuerRef: { name: "letsencrypt", kind: "ClusterIssuer" },
    },
    ingress: {
      enabled: true,
      host: "files.example.com",
      className: "nginx",
      path: "/files",
      serviceName: "files-web",
      servicePort: 8080,
      tls: { secretName: "files-tls" },
    },
  },
  suspend: true,
  drift: { mode: "enabled" },
  deletionPolicy: "Orphan",
  serviceAccountName: "installer",
  policy: {
    maintenanceWindows: [
      { cron: "0 2 * * 6", durationMinutes: 240, timezone: "Europe/Vienna" },
    ],
    timeoutSeconds: 900,
    rollbackOnFailure: true,
  },
  probes: [
    {
      name: "web",
      type: "http",
      service: "files",
      port: 8080,
      path: "/status.php?full=1",
      expectStatus: 200,
      periodSeconds: 10,
      timeoutSeconds: 2,
      failureThreshold: 5,
    },
    { name: "db", type: "tcp", service: "files-db", port: 5432 },
  ],
});

const instances: readonly Acceptance[] = [
  { title: "an instance with every field", manifest: everyField },
  {
    title: "an instance without values",
    manifest: managed({ values: undefined }),
  },
  {
    title: "a chart of a chart repository",
    manifest: managed({
      chart: {
        ...CHART,
        sourceType: "helm",
        url: "https://charts.example.com/stable",
      },
    }),
  },
  {
    title: "values from a Secret",
    manifest: managed({ values: { source: "secretRef", secretRef: DATA_KEY } }),
  },
  {
    title: "values from a ConfigMap",
    manifest: managed({
      values: { source: "configMapRef", configMapRef: DATA_KEY },
    }),
  },
  { title: "a placeholder", manifest: placeholder() },
];

/** Manifests in the manner of the older operator: its labels, annotations and spellings. */
const olderManifests: readonly Acceptance[] = [
  {
    title: "an older instance with the integrations of its application",
    manifest: managed({
      integrations: {
        externalSecrets: { enabled: true },
        certManager: { enabled: true },
        ingress: { enabled: true },
      },
    }),
  },
  {
    title: "an older instance with the capabilities of its application",
    manifest: {
      ...managed(),
      metadata: {
        ...managed().metadata,
        labels: {
          "app.vworkspace.io/managed-by": "odoo",
          "app.vworkspace.io/cluster-id": "cluster-1",
        },
        annotations: {
          "ops.vworkspace.io/backup": "velero",
          "ops.vworkspace.io/migration": "helmHookJob",
        },
      },
    },
  },
  {
    title: "an older operation with older parameters",
    manifest: operation({
      parameters: { retention: "30d", snapshotClassName: "csi-rbd" },
      approvals: {
        required: true,
        claim: "opaque",
        approvedBy: "Erin",
        approvedAt: "yesterday",
      },
    }),
  },
  {
    title: "a Cluster with a token written into it",
    manifest: cluster({
      clusterId: "cluster-1",
      controlPlaneBaseUrl: "https://workspace.example.org",
      registrationToken: "once",
      rotateCredentials: false,
      capabilities: { flux: true, velero: false },
    }),
  },
  {
    title: "a Cluster with the oldest spelling of its control plane",
    manifest: cluster({
      clusterId: "cluster-1",
      odooBaseUrl: "https://odoo.example.com",
    }),
  },
  {
    title: "a Cluster with empty older fields",
    manifest: cluster({
      clusterId: "",
      controlPlaneBaseUrl: "",
      odooBaseUrl: "",
    }),
  },
  { title: "a Cluster without spec", manifest: cluster() },
];

const operations: readonly Acceptance[] = (
  [
    ["Backup", "velero"],
    ["Restore", "snapshot"],
    ["Upgrade", "helm"],
    ["Migration", "helmHookJob"],
    ["RunCommand", "job"],
    ["Runbook", "workflow"],
    ["Backup", "volsync"],
  ] as const
).map(([type, engine]) => ({
  title: `a ${type} by ${engine}`,
  manifest: operation({
    type,
    engine,
    parameters: { any: { thing: [1, "two", null] } },
    policy: { requireReady: true, exclusive: false, timeoutSeconds: 3600 },
    cancel: false,
  }),
}));

const clusters: readonly Acceptance[] = [
  {
    title: "a Cluster with every field of today",
    manifest: cluster({
      clusterId: "cluster-1",
      controlPlaneEndpoint: "https://workspace.example.org",
      displayName: "The first one",
      registrationTokenSecretRef: { name: "registration", key: "token" },
      security: {
        requireSignedPayloads: true,
        requireEncryptedPayloads: false,
        tokenMode: "dpop",
      },
      connectivity: {
        mode: "pull",
        pollSeconds: 50,
        disconnectAfterSeconds: 180,
      },
    }),
  },
  {
    title: "a Cluster that does not know its id yet",
    manifest: cluster({
      controlPlaneEndpoint: "https://workspace.example.org",
      registrationTokenSecretRef: { name: "registration" },
    }),
  },
];

export const ACCEPTANCES: readonly Acceptance[] = [
  ...instances,
  ...olderManifests,
  ...operations,
  ...clusters,
];
