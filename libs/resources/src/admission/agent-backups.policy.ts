import { ADMISSION_USERS, LABELS, NAMESPACE_OPT_IN_VALUE } from "../names";
import { celText, type AdmissionPolicy } from "./admission-policy";

const isAgent = `request.userInfo.username == ${celText(ADMISSION_USERS.agent)}`;
const made = `(request.operation == "DELETE" ? oldObject : object)`;
const hasNamespaces = `request.resource.resource in ["backups", "restores"]`;
const included = "object.?spec.?includedNamespaces.orValue([])";
/** CEL: where what a restore finds under a namespace of the backup goes. */
const targetOf = "object.?spec.?namespaceMapping[?n].orValue(n)";

/**
 * Velero acts with the rights of an administrator, on whatever namespace its objects name: whoever has the agent's token would
 * read and overwrite any by a backup and a restore. Those of the agent are about namespaces that opted in, one by one.
 */
export const AGENT_BACKUPS: AdmissionPolicy = {
  name: "agent-backups",
  match: [
    {
      apiGroups: ["velero.io"],
      apiVersions: ["*"],
      resources: ["*"],
      operations: ["CREATE", "UPDATE", "DELETE"],
    },
  ],
  onlyIf: { "is-the-agent": isAgent },
  parameters: {
    apiVersion: "v1",
    kind: "Namespace",
    selector: {
      matchExpressions: [
        {
          key: LABELS.namespaceOptIn,
          operator: "NotIn",
          values: [NAMESPACE_OPT_IN_VALUE],
        },
      ],
    },
  },
  validations: [
    {
      expression: `request.operation != "UPDATE" && request.resource.resource in ["backups", "restores", "deletebackuprequests"] && ${made}.metadata.?labels[?${celText(LABELS.operation)}].orValue("") != ""`,
      message: `the agent makes and deletes backups, restores and deletebackuprequests of operations, with the label ${LABELS.operation}: an administrator of the cluster does everything else`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation != "CREATE" || !(${hasNamespaces}) || (size(${included}) > 0 && ${included}.all(n, !n.contains("*") && ${targetOf} != params.metadata.name))`,
      message: `spec.includedNamespaces and spec.namespaceMapping: the agent backs up and restores namespaces that opted in (${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}), each by its name`,
      messageExpression: `"spec.includedNamespaces: namespace " + params.metadata.name + ${celText(` has not opted in to the agent, or none is named: an administrator of the cluster labels it ${LABELS.namespaceOptIn}=${NAMESPACE_OPT_IN_VALUE}`)}`,
      reason: "Forbidden",
    },
  ],
};
