import { INTEGRATION_REFUSALS } from "./integration-refusals";
import type { Refusal } from "./refusal";
import {
  CHART,
  cluster,
  managed,
  operation,
  placeholder,
  RELEASE,
} from "./manifests";

const withChart = (chart: Readonly<Record<string, unknown>>) =>
  managed({ chart: { ...CHART, ...chart } });
const withRelease = (release: Readonly<Record<string, unknown>>) =>
  managed({ release: { ...RELEASE, ...release } });
const withWindow = (window: Readonly<Record<string, unknown>>) =>
  managed({
    policy: {
      maintenanceWindows: [
        { cron: "0 2 * * 6", durationMinutes: 60, ...window },
      ],
    },
  });

const PROBE = { name: "web", type: "http", service: "files", port: 8080 };

const versions = ["^1.2.3", "1.2", "1.x", "latest", "v1.2.3", "1.2.3-01", ""];

const instances: readonly Refusal[] = [
  {
    title: "an instance without application",
    manifest: managed({ appRef: undefined }),
    field: "spec.appRef",
  },
  {
    title: "an empty catalogId",
    manifest: managed({ appRef: { catalogId: "" } }),
    field: "spec.appRef.catalogId",
  },
  {
    title: "a mode that there is not",
    manifest: managed({ mode: "standalone" }),
    field: "spec.mode",
  },
  {
    title: "a managed instance without chart",
    manifest: managed({ chart: undefined }),
    field: "spec.chart",
    message:
      "spec.chart is required in managed mode: add it, or set spec.mode to placeholder",
  },
  {
    title: "a managed instance without release",
    manifest: managed({ release: undefined }),
    field: "spec.release",
    message:
      "spec.release is required in managed mode: add it, or set spec.mode to placeholder",
  },
  ...(["chart", "release", "values"] as const).map((field) => ({
    title: `a placeholder with ${field}`,
    manifest: placeholder({ [field]: managed().spec?.[field] }),
    field: `spec.${field}`,
    message: `spec.${field} is refused in placeholder mode: remove it, since a placeholder installs nothing`,
  })),
  {
    title: "a placeholder with probes",
    manifest: placeholder({ probes: [PROBE] }),
    field: "spec.probes",
    message:
      "spec.probes is refused in placeholder mode: remove it, since a placeholder installs nothing",
  },
  ...INTEGRATION_REFUSALS,
  ...[
    { path: "elsewhere.example.com/" },
    { path: "/a b" },
    { service: "files.other.svc" },
    { port: 0 },
    { type: "exec" },
    { periodSeconds: 1 },
  ].map((over) => ({
    title: `a probe with ${JSON.stringify(over)}`,
    manifest: managed({ probes: [{ ...PROBE, ...over }] }),
    field: `spec.probes[0].${Object.keys(over).join("")}`,
  })),
  {
    title: "a chart source that there is not",
    manifest: withChart({ sourceType: "git" }),
    field: "spec.chart.sourceType",
  },
  ...versions.map((version) => ({
    title: `the chart version "${version}", which is not one exact SemVer`,
    manifest: withChart({ version }),
    field: "spec.chart.version",
  })),
  {
    title: "a chart without name",
    manifest: withChart({ name: "" }),
    field: "spec.chart.name",
  },
  {
    title: "an OCI chart with the address of a web server",
    manifest: withChart({ url: "https://registry.example.com/charts" }),
    field: "spec.chart.url",
    message:
      "spec.chart.url must begin with oci:// when spec.chart.sourceType is oci, for example oci://registry.example.com/charts",
  },
  {
    title: "a chart repository with the address of a registry",
    manifest: withChart({ sourceType: "helm" }),
    field: "spec.chart.url",
    message:
      "spec.chart.url must begin with https:// or http:// when spec.chart.sourceType is helm, for example https://charts.example.com",
  },
  {
    title: "credentials in the chart's address",
    manifest: withChart({ url: "oci://robot:hunter2@registry.example.com/c" }),
    field: "spec.chart.url",
    message:
      "spec.chart.url must not carry credentials: put them in a Secret and name it in spec.chart.secretRef",
  },
  ...[
    "oci://registry.example.com/allowed/../other",
    "oci://r.example.com/a%2F",
  ].map((url) => ({
    title: `the chart address ${url}, which leads elsewhere than it begins`,
    manifest: withChart({ url }),
    field: "spec.chart.url",
    message:
      "spec.chart.url must not hold . or .. as a segment, nor %2e or %2f: write the address that it leads to",
  })),
  {
    title: "a chart name that leads out of its source",
    manifest: withChart({ name: "a/../b" }),
    field: "spec.chart.name",
  },
  {
    title: "a reference to a Secret without name",
    manifest: withChart({ secretRef: {} }),
    field: "spec.chart.secretRef.name",
  },
  {
    title: "a release name of 54 characters",
    manifest: withRelease({ name: "a".repeat(54) }),
    field: "spec.release.name",
  },
  {
    title: "a release name that is no DNS label",
    manifest: withRelease({ name: "Files_1" }),
    field: "spec.release.name",
  },
  {
    title: "a release without namespace",
    manifest: managed({ release: { name: "files" } }),
    field: "spec.release.namespace",
  },
  {
    title: "a source of values that there is not",
    manifest: managed({ values: { source: "git" } }),
    field: "spec.values.source",
  },
  ...(["inline", "secretRef", "configMapRef"] as const).map((source) => ({
    title: `values from ${source} without it`,
    manifest: managed({ values: { source } }),
    field: `spec.values.${source}`,
    message: `spec.values.${source} is required when spec.values.source is ${source}: add it, or name another source`,
  })),
  {
    title: "merged values with nothing to merge",
    manifest: managed({ values: { source: "merge" } }),
    field: "spec.values.source",
    message:
      "spec.values.source is merge, which needs at least one of spec.values.configMapRef, spec.values.secretRef and spec.values.inline: add one",
  },
  {
    title: "values from a Secret without key",
    manifest: managed({
      values: { source: "secretRef", secretRef: { name: "files" } },
    }),
    field: "spec.values.secretRef.key",
  },
  {
    title: "inline values that are a text",
    manifest: managed({ values: { source: "inline", inline: "a: 1" } }),
    field: "spec.values.inline",
  },
  {
    title: "a suspend that is a text",
    manifest: managed({ suspend: "yes" }),
    field: "spec.suspend",
  },
  {
    title: "a drift mode that there is not",
    manifest: managed({ drift: { mode: "fix" } }),
    field: "spec.drift.mode",
  },
  {
    title: "a deletion policy that there is not",
    manifest: managed({ deletionPolicy: "Retain" }),
    field: "spec.deletionPolicy",
  },
  {
    title: "a service account that is no DNS name",
    manifest: managed({ serviceAccountName: "Admin!" }),
    field: "spec.serviceAccountName",
  },
  {
    title: "a maintenance window that is no cron expression",
    manifest: withWindow({ cron: "every night" }),
    field: "spec.policy.maintenanceWindows[0].cron",
  },
  {
    title: "a maintenance window of no length",
    manifest: withWindow({ durationMinutes: 0 }),
    field: "spec.policy.maintenanceWindows[0].durationMinutes",
  },
  {
    title: "a maintenance window longer than a week",
    manifest: withWindow({ durationMinutes: 10081 }),
    field: "spec.policy.maintenanceWindows[0].durationMinutes",
  },
  {
    title: "a maintenance window of a set that has no name",
    manifest: withWindow({ set: "" }),
    field: "spec.policy.maintenanceWindows[0].set",
  },
  {
    title: "an operation with a maintenance window of no length",
    manifest: operation({
      policy: {
        maintenanceWindows: [{ cron: "0 2 * * 6", durationMinutes: 0 }],
      },
    }),
    field: "spec.policy.maintenanceWindows[0].durationMinutes",
  },
  {
    title: "a timeout of 0 seconds",
    manifest: managed({ policy: { timeoutSeconds: 0 } }),
    field: "spec.policy.timeoutSeconds",
  },
  {
    title: "an instance whose name is too long for a label",
    manifest: managed({}, "a".repeat(64)),
    field: "metadata.name",
  },
  {
    title: "an instance whose name is no DNS label",
    manifest: managed({}, "files.team-a"),
    field: "metadata.name",
  },
];

const operations: readonly Refusal[] = [
  ...["targetRef", "type", "engine"].map((field) => ({
    title: `an operation without ${field}`,
    manifest: operation({ [field]: undefined }),
    field: `spec.${field}`,
  })),
  {
    title: "a target of another kind",
    manifest: operation({
      targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "files" },
    }),
    field: "spec.targetRef.kind",
  },
  {
    title: "a type of operation that there is not",
    manifest: operation({ type: "Clone" }),
    field: "spec.type",
  },
  {
    title: "an engine that there is not",
    manifest: operation({ engine: "rsync" }),
    field: "spec.engine",
  },
  {
    title: "an operation without time",
    manifest: operation({ policy: { timeoutSeconds: 0 } }),
    field: "spec.policy.timeoutSeconds",
  },
  {
    title: "an approval claim that is too long for a token",
    manifest: operation({ approvals: { claim: "a".repeat(8193) } }),
    field: "spec.approvals.claim",
  },
];

const clusters: readonly Refusal[] = [
  {
    title: "a control plane that is no web address",
    manifest: cluster({ controlPlaneEndpoint: "ftp://cp.example.com" }),
    field: "spec.controlPlaneEndpoint",
  },
  {
    title: "an older spelling of it that is no web address",
    manifest: cluster({ odooBaseUrl: "odoo.example.com" }),
    field: "spec.odooBaseUrl",
  },
  {
    title: "a registration Secret without name",
    manifest: cluster({ registrationTokenSecretRef: { key: "token" } }),
    field: "spec.registrationTokenSecretRef.name",
  },
  {
    title: "a token mode that there is not",
    manifest: cluster({ security: { tokenMode: "basic" } }),
    field: "spec.security.tokenMode",
  },
  {
    title: "a way of connecting that there is not",
    manifest: cluster({ connectivity: { mode: "mail" } }),
    field: "spec.connectivity.mode",
  },
  {
    title: "a poll that is longer than the contract allows",
    manifest: cluster({ connectivity: { pollSeconds: 301 } }),
    field: "spec.connectivity.pollSeconds",
  },
];

export const REFUSALS: readonly Refusal[] = [
  ...instances,
  ...operations,
  ...clusters,
];
