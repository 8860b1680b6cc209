import { ADMISSION_USERS, LABELS, RELEASE_SERVICE_ACCOUNT } from "../names";
import { celText, type AdmissionPolicy } from "./admission-policy";

const RELEASES = {
  apiGroups: ["helm.toolkit.fluxcd.io"],
  apiVersions: ["*"],
  resources: ["helmreleases"],
  operations: ["CREATE", "UPDATE"] as const,
};
const isAgent = `request.userInfo.username == ${celText(ADMISSION_USERS.agent)}`;

/** CEL: whether a field below spec, with `?` before each step, is absent or holds this. */
const isOnly = (field: string, value: string): string =>
  `object.?spec.${field}.orValue(${value}) == ${value}`;

const PLACES = [
  "?targetNamespace",
  "?storageNamespace",
  "?chartRef.?namespace",
  "?chart.?spec.?sourceRef.?namespace",
];

/**
 * What helm-controller does it does with its own rights, which are those of an administrator, unless a release names an
 * account: whoever has the agent's token would be one by a release without.
 */
export const AGENT_RELEASES: AdmissionPolicy = {
  name: "agent-releases",
  match: [RELEASES],
  onlyIf: { "is-the-agent": isAgent },
  validations: [
    {
      expression: `object.?spec.?serviceAccountName.orValue("") != ""`,
      message:
        "spec.serviceAccountName of a HelmRelease that the agent writes must name a service account of its namespace: without one Flux acts as an administrator of the cluster",
      reason: "Forbidden",
    },
    {
      expression: `!has(object.spec.kubeConfig) && ${PLACES.map((field) => isOnly(field, "request.namespace")).join(" && ")}`,
      message:
        "a HelmRelease that the agent writes stays in its namespace and cluster: remove spec.kubeConfig, spec.targetNamespace, spec.storageNamespace and the namespace of the chart's source",
      reason: "Forbidden",
    },
  ],
};

/** What the agent looks at before it writes, kept by the API server too: CEL can't look up whether an account is released. */
export const AGENT_ACCOUNTS: AdmissionPolicy = {
  name: "agent-accounts",
  match: [RELEASES],
  onlyIf: { "is-the-agent": isAgent },
  parameters: {
    apiVersion: "v1",
    kind: "ServiceAccount",
    selector: {
      matchExpressions: [
        {
          key: LABELS.releaseServiceAccount,
          operator: "NotIn",
          values: ["true"],
        },
      ],
    },
  },
  validations: [
    {
      expression: `params.metadata.name == ${celText(RELEASE_SERVICE_ACCOUNT)} || object.?spec.?serviceAccountName.orValue("") != params.metadata.name`,
      message: `spec.serviceAccountName: releases of the agent act as ${RELEASE_SERVICE_ACCOUNT}, or as an account with the label ${LABELS.releaseServiceAccount}=true: an administrator of the namespace sets it`,
      messageExpression: `"spec.serviceAccountName is " + params.metadata.name + ${celText(`, which is released for no releases: an administrator of the namespace runs kubectl label serviceaccount `)} + params.metadata.name + ${celText(` ${LABELS.releaseServiceAccount}=true`)}`,
      reason: "Forbidden",
    },
  ],
};
