import type { ConditionReason } from "./condition-reason";

/** What the conditions of an ApplicationInstance may say. */
export const APPLICATION_INSTANCE_REASONS = [
  {
    condition: "Ready",
    status: "True",
    reason: "HelmReleaseReady",
    meaning: "The wanted version is installed and works.",
    remedy: "Nothing.",
  },
  {
    condition: "Ready",
    status: "True",
    reason: "HelmReleaseReadyWithWarnings",
    meaning: "It works, with a warning in the message.",
    remedy: "Read the warning.",
    isReserved: true,
  },
  {
    condition: "Ready",
    status: "True",
    reason: "Placeholder",
    meaning: "A placeholder installs nothing and is always ready.",
    remedy: "Nothing.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "HelmReleaseFailed",
    meaning:
      "Flux could not install or upgrade the release, or it can't be asked to: the spec is wrong, the API server refuses the write, or somebody owns a field of it. After a rollback the message says what runs.",
    remedy:
      "Read the message, then correct the chart version, the values or the field that it names.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "ChartUnreachable",
    meaning: "The chart cannot be fetched.",
    remedy:
      "Check spec.chart, its credentials, and the network of the cluster.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "WaitingForCertificate",
    meaning:
      "The release works, and the certificate of its host is not issued, or no longer valid. The message holds the words of the Certificate, its request and its issuer.",
    remedy: "Wait; if it lasts, look at the Certificate and its issuer.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "WaitingForSecret",
    meaning:
      "The Secret that spec.values names, or its key, is not there yet, or external-secrets has not fetched what spec.integrations asks for. Until then nothing is installed or changed.",
    remedy:
      "Wait; if it lasts, look at the ExternalSecret or create the Secret.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "Installing",
    meaning: "The first installation is under way.",
    remedy: "Wait.",
  },
  {
    condition: "Ready",
    status: "False",
    reason: "Upgrading",
    meaning: "An upgrade is under way.",
    remedy: "Wait.",
  },
  {
    condition: "Ready",
    status: "Unknown",
    reason: "Reconciling",
    meaning: "Too little has been seen to say.",
    remedy: "Wait.",
  },
  {
    condition: "Reconciling",
    status: "True",
    reason: "HelmReleaseInstalling",
    meaning: "Flux installs the release.",
    remedy: "Wait.",
  },
  {
    condition: "Reconciling",
    status: "True",
    reason: "HelmReleaseUpgrading",
    meaning: "Flux upgrades the release.",
    remedy: "Wait.",
  },
  {
    condition: "Reconciling",
    status: "True",
    reason: "ChartSourceSyncing",
    meaning: "Flux fetches the chart.",
    remedy: "Wait.",
  },
  {
    condition: "Reconciling",
    status: "False",
    reason: "Stable",
    meaning: "Nothing is under way.",
    remedy: "Nothing.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "HelmReleaseDegraded",
    meaning: "A release that worked does so no longer.",
    remedy: "Read the message and look at the HelmRelease.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "ChartUnreachable",
    meaning: "The chart can't be fetched; what is installed keeps running.",
    remedy:
      "Check spec.chart, its credentials, and the network of the cluster.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "EndpointUnreachable",
    meaning:
      "A probe of spec.probes failed failureThreshold times in a row; the message names its address.",
    remedy: "Look at the application behind the endpoint in the message.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "Drifted",
    meaning:
      "Somebody changed objects of the release, or the HelmRelease or chart source itself; the message names them.",
    remedy:
      "Undo the change, put it into the values, or set spec.drift.mode to enabled.",
  },
  {
    condition: "Degraded",
    status: "True",
    reason: "ExternalSecretFailing",
    meaning:
      "external-secrets can't refresh the Secret of spec.integrations; what it fetched before goes on being used.",
    remedy: "Look at the ExternalSecret and its store.",
  },
  {
    condition: "Degraded",
    status: "False",
    reason: "Recovered",
    meaning: "What was wrong is over.",
    remedy: "Nothing.",
  },
  {
    condition: "Suspended",
    status: "True",
    reason: "MaintenanceWindow",
    meaning:
      "A change waits for the next maintenance window, which the message names.",
    remedy:
      "Wait, or change spec.policy.maintenanceWindows. What a ConfigMap or Secret of spec.values holds does not wait, since Flux reads it by itself: set spec.suspend to hold it back, or give each version a name of its own.",
  },
  {
    condition: "Suspended",
    status: "True",
    reason: "ManuallySuspended",
    meaning: "spec.suspend holds changes back.",
    remedy: "Set spec.suspend to false to go on.",
  },
  {
    condition: "Suspended",
    status: "True",
    reason: "HeldByOperation",
    meaning:
      "An operation keeps the release at rest while it works; the message names it.",
    remedy: "Wait.",
  },
  {
    condition: "Suspended",
    status: "False",
    reason: "Active",
    meaning: "Changes are applied.",
    remedy: "Nothing.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "MissingChartSource",
    meaning:
      "What spec.chart.url names does not exist, or somebody deletes the chart source in the cluster.",
    remedy:
      "Correct spec.chart.url; a deleted source is created anew once it is gone.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "MissingDependencies",
    meaning:
      "Something that the installation needs is missing; the message names it. Without the opt-in of its namespace nothing is done there: what runs goes on running, and an instance that is deleted goes without being uninstalled.",
    remedy:
      "Provide what is missing, for example Flux, the opt-in of the namespace, a ConfigMap of values, a service account that is labelled for releases, or cert-manager where spec.integrations uses it.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "ReleaseNameTaken",
    meaning:
      "A Helm release or chart source of this name belongs to somebody else, whom the message names.",
    remedy:
      "Create the instance anew with another spec.release.name, or do what the message says: remove the other one, or set the annotation vworkspace.io/adopt to true to take it over.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "IntegrationNameTaken",
    meaning:
      "An Ingress, Certificate, ExternalSecret or Secret that spec.integrations would make is there already and belongs to somebody else; the message names it.",
    remedy:
      "Remove that object or switch the integration off. An Ingress, Certificate or ExternalSecret is taken over where the annotation vworkspace.io/adopt says true; a Secret never is.",
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "AwaitingApproval",
    meaning: "A person must agree first.",
    remedy: "Approve it in the control plane.",
    isReserved: true,
  },
  {
    condition: "Blocked",
    status: "True",
    reason: "PolicyDenied",
    meaning: "A policy of the cluster refuses it.",
    remedy: "Ask the owner of the policy.",
    isReserved: true,
  },
  {
    condition: "Blocked",
    status: "False",
    reason: "Unblocked",
    meaning: "Nothing is in the way.",
    remedy: "Nothing.",
  },
  {
    condition: "Deleting",
    status: "True",
    reason: "Uninstalling",
    meaning: "Flux uninstalls the release.",
    remedy:
      "Wait; where the message holds an error of Flux, look at the HelmRelease.",
  },
  {
    condition: "Deleting",
    status: "True",
    reason: "WaitingForChildResources",
    meaning:
      "Helm's records of the release are still there, so it was not uninstalled, or not wholly.",
    remedy: "Wait; if it lasts, uninstall it, or keep it, as the message says.",
  },
] as const satisfies readonly ConditionReason[];

export type ApplicationInstanceReason =
  (typeof APPLICATION_INSTANCE_REASONS)[number]["reason"];
