import type { ApplicationInstanceReason } from "@vworkspace/resources";
import { decideInstance } from "../reconcilers/application-instance/instance.decide";
import { instanceStatus } from "../reconcilers/application-instance/instance.status";
import type { Observation } from "../reconcilers/application-instance/observation";
import {
  deployed,
  fetched,
  instance,
  integrationsSeen,
  observation,
  readyCondition,
} from "./flux-objects";
import type { ReasonRow } from "./reason-row";

const NOW = "2026-01-01T00:00:00Z";
const going = { deletionTimestamp: NOW };
const web = instance();

/** A look at a world, after a first look at another one where conditions tell of the past. */
function after(
  seen: Observation,
  before?: Observation,
): ReasonRow["conditions"] {
  return () => {
    const old = before && statusOf(before);
    const now = old
      ? { ...seen, instance: { ...seen.instance, status: old } }
      : seen;
    return (statusOf(now) ?? old)?.conditions ?? [];
  };
}

function statusOf(seen: Observation) {
  return instanceStatus(seen, decideInstance(seen), {
    intentGeneration: undefined,
    now: NOW,
  });
}

/** As {@link observation}, without what a world has not got. */
function without(
  names: readonly (keyof Observation)[],
  over: Partial<Observation> = {},
): Observation {
  const seen: Partial<Observation> = { ...observation(over) };
  for (const name of names) delete seen[name];
  return seen as Observation;
}

const nothingYet = (over: Partial<Observation> = {}) =>
  without(["source", "release"], {
    isSourceAsDesired: false,
    isReleaseAsDesired: false,
    ...over,
  });

const failing = (reason: string, message = "it broke") => ({
  conditions: [readyCondition("False", reason, message)],
});
const unreached = fetched(
  web,
  failing("OCIArtifactPullFailed", "no such host"),
);
const fresh = deployed(web, { history: [], conditions: [] });
const otherChart = deployed(web, {
  history: [{ status: "deployed", chartVersion: "1.2.2", version: 1 }],
});

const row = (
  condition: string,
  status: ReasonRow["status"],
  reason: ApplicationInstanceReason,
  [when, seen, before]: readonly [string, Observation, Observation?],
): ReasonRow => ({
  condition,
  status,
  reason,
  when,
  conditions: after(seen, before),
});

const blockedByFlux = nothingYet({ missingKinds: ["HelmRelease (v2)"] });
const suspended = instance({ suspend: true });
const windowed = instance({
  policy: {
    maintenanceWindows: [{ cron: "0 2 * * 6", durationMinutes: 60 }],
  },
});
const placeholder = {
  ...web,
  spec: { mode: "placeholder" as const, appRef: { catalogId: "x" } },
};
const drifted = observation({ drifted: { message: "Deployment/shop/web" } });

/** How each reason of an ApplicationInstance comes about. */
export const INSTANCE_REASON_ROWS: readonly ReasonRow[] = [
  row("Ready", "True", "HelmReleaseReady", [
    "the wanted chart is deployed",
    observation(),
  ]),
  row("Ready", "True", "Placeholder", [
    "it is a placeholder",
    { ...without(["source", "release", "desired"]), instance: placeholder },
  ]),
  row("Ready", "False", "HelmReleaseFailed", [
    "Flux could not install it",
    observation({ release: deployed(web, failing("InstallFailed")) }),
  ]),
  row("Ready", "False", "HelmReleaseFailed", [
    "Flux rolled an upgrade back",
    observation({ release: deployed(web, failing("RollbackSucceeded")) }),
  ]),
  row("Ready", "False", "HelmReleaseFailed", [
    "its spec is wrong",
    nothingYet({ problems: [{ field: "spec", message: "wrong" }] }),
  ]),
  row("Ready", "False", "HelmReleaseFailed", [
    "the API server refuses what it becomes",
    nothingYet({ refusedWrite: "denied by a policy" }),
  ]),
  row("Ready", "False", "HelmReleaseFailed", [
    "somebody owns a field that the newest wish needs",
    observation({
      instance: instance({ values: { source: "inline", inline: {} } }),
      release: deployed(web),
      isReleaseAsDesired: false,
      fieldConflict: {
        object: "HelmRelease web",
        fields: [{ manager: "kubectl-edit", field: ".spec.values" }],
      },
    }),
  ]),
  row("Ready", "False", "ChartUnreachable", [
    "its chart can't be fetched",
    observation({ source: unreached }),
  ]),
  row("Ready", "False", "WaitingForSecret", [
    "the Secret of its values is missing",
    nothingYet({ missingValues: { kind: "Secret", what: "Secret v" } }),
  ]),
  row("Ready", "False", "WaitingForSecret", [
    "external-secrets has not fetched its Secret",
    nothingYet({
      integrations: integrationsSeen({
        secret: { problem: "never-fetched", message: "no such key" },
      }),
    }),
  ]),
  row("Ready", "False", "WaitingForCertificate", [
    "all is deployed but its certificate is not issued",
    observation({
      integrations: integrationsSeen({ certificate: { message: "pending" } }),
    }),
  ]),
  row("Ready", "False", "Installing", [
    "nothing was deployed yet",
    observation({ release: fresh }),
  ]),
  row("Ready", "False", "Upgrading", [
    "another chart is deployed",
    observation({ release: otherChart }),
  ]),
  row("Ready", "Unknown", "Reconciling", [
    "it is blocked before anything was made",
    blockedByFlux,
  ]),
  row("Reconciling", "True", "HelmReleaseInstalling", [
    "Flux installs it",
    observation({ release: fresh }),
  ]),
  row("Reconciling", "True", "HelmReleaseUpgrading", [
    "Flux upgrades it",
    observation({ release: otherChart }),
  ]),
  row("Reconciling", "True", "ChartSourceSyncing", [
    "Flux has not fetched the chart yet",
    observation({ source: fetched(web, { conditions: [] }) }),
  ]),
  row("Reconciling", "False", "Stable", ["all is done", observation()]),
  row("Degraded", "True", "HelmReleaseDegraded", [
    "an upgrade of what worked failed",
    observation({ release: deployed(web, failing("UpgradeFailed")) }),
  ]),
  row("Degraded", "True", "ChartUnreachable", [
    "the chart of what is installed can't be fetched",
    observation({ source: unreached }),
  ]),
  row("Degraded", "True", "EndpointUnreachable", [
    "a probe fails",
    observation({ unreachable: { url: "http://web/", message: "refused" } }),
  ]),
  row("Degraded", "True", "ExternalSecretFailing", [
    "the Secret that it uses can't be refreshed",
    observation({
      integrations: integrationsSeen({
        secret: { problem: "not-refreshed", message: "the store is away" },
      }),
    }),
  ]),
  row("Degraded", "True", "Drifted", [
    "somebody changed objects of the release",
    drifted,
  ]),
  row("Degraded", "True", "Drifted", [
    "somebody changed the HelmRelease itself",
    observation({
      isReleaseAsDesired: false,
      fieldConflict: {
        object: "HelmRelease web",
        fields: [{ manager: "kubectl-edit", field: ".spec.timeout" }],
      },
    }),
  ]),
  row("Degraded", "False", "Recovered", [
    "the change was undone",
    observation(),
    drifted,
  ]),
  row("Suspended", "True", "MaintenanceWindow", [
    "a change comes outside of its windows",
    observation({
      instance: windowed,
      release: deployed(web),
      isReleaseAsDesired: false,
      desired: observation(
        {},
        instance({ ...windowed.spec, policy: { timeoutSeconds: 9 } }),
      ).desired ?? { source: web, release: web, integrations: [] },
    }),
  ]),
  row("Suspended", "True", "ManuallySuspended", [
    "spec.suspend is true",
    observation({ instance: suspended }),
  ]),
  row("Suspended", "True", "HeldByOperation", [
    "an operation holds the release",
    observation({
      release: deployed(
        web,
        {},
        { annotations: { "ops.vworkspace.io/held-by": "u-op" } },
      ),
    }),
  ]),
  row("Suspended", "False", "Active", [
    "spec.suspend is false again",
    observation(),
    observation({ instance: suspended }),
  ]),
  row("Blocked", "True", "MissingChartSource", [
    "the chart source doesn't exist",
    observation({
      source: fetched(web, failing("Failed", "NAME_UNKNOWN: no such name")),
    }),
  ]),
  row("Blocked", "True", "MissingChartSource", [
    "somebody deletes the chart source",
    observation({
      source: { ...unreached, metadata: { name: "web", ...going } },
    }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "Flux is not installed",
    blockedByFlux,
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "its namespace has not opted in",
    nothingYet({ optInMissing: "namespace shop has not opted in" }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "the agent lacks a right in its namespace",
    nothingYet({ forbidden: "may not read secrets" }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "its service account is missing",
    nothingYet({ releaseAccount: { name: "x", problem: "missing" } }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "its service account is not released for it",
    nothingYet({ releaseAccount: { name: "x", problem: "not-allowed" } }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "the ConfigMap of its values is missing",
    nothingYet({ missingValues: { kind: "ConfigMap", what: "ConfigMap v" } }),
  ]),
  row("Blocked", "True", "MissingDependencies", [
    "cert-manager is not installed",
    nothingYet({
      integrations: integrationsSeen({ missingKinds: ["Certificate (v1)"] }),
    }),
  ]),
  row("Blocked", "True", "IntegrationNameTaken", [
    "somebody's Ingress has the name of its own",
    nothingYet({
      integrations: integrationsSeen({ holder: "Ingress web-vworkspace" }),
    }),
  ]),
  row("Blocked", "True", "ReleaseNameTaken", [
    "an older instance has the release name",
    nothingYet({ nameHolder: "ApplicationInstance first" }),
  ]),
  row("Blocked", "True", "ReleaseNameTaken", [
    "somebody's chart source has its name",
    nothingYet({ sourceHolder: "OCIRepository web" }),
  ]),
  row("Blocked", "False", "Unblocked", [
    "Flux was installed",
    observation(),
    blockedByFlux,
  ]),
  row("Deleting", "True", "Uninstalling", [
    "it is deleted",
    observation({ instance: instance({}, going) }),
  ]),
  row("Deleting", "True", "WaitingForChildResources", [
    "Helm's Secrets are left",
    without(["source", "release"], {
      instance: instance({}, going, {
        helmReleaseRef: { name: "web", namespace: "shop" },
      }),
      deletion: { releaseSecrets: 2, isKindGoing: false },
    }),
  ]),
];
